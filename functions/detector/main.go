// Command detector is the Lambda function that counts what arrives, evaluates
// it and tells about it. It is wiring only.
package main

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"chimewatch/functions/internal/deployed"
)

func main() {
	if err := run(); err != nil {
		slog.New(slog.NewJSONHandler(os.Stderr, nil)).Error("detector does not start", "reason", err.Error())
		os.Exit(1)
	}
}

func run() error {
	parts, err := deployed.New("detector")
	if err != nil {
		return fmt.Errorf("putting the detector together: %w", err)
	}
	lambda.Start(deployed.Noted(parts, parts.Detector().Handle))
	return nil
}
