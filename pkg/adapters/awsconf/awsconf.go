// Package awsconf reads the configuration of AWS that the program runs under,
// as the AWS CLI reads it.
package awsconf

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
)

// Load reads environment, profile and role. An error says what can't be read.
func Load(ctx context.Context, options ...func(*config.LoadOptions) error) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return aws.Config{}, fmt.Errorf("reading the AWS configuration: %w", err)
	}
	if cfg.HTTPClient == nil { // each service would make one of its own
		cfg.HTTPClient = awshttp.NewBuildableClient()
	}
	cfg.HTTPClient = Whole(cfg.HTTPClient)
	return cfg, nil
}

// Whole returns a client whose answers are read whole. The SDK closes the body
// of a request as soon as the answer begins; its body says "end of file" as an
// error when it is asked to write itself after that, for which net/http, where
// it comes to ask so late, drops the connection while the answer is being read:
// "use of closed network connection",
// https://github.com/aws/aws-sdk-go-v2/issues/2737. A body that can be read but
// not write itself ends as it should.
func Whole(client aws.HTTPClient) aws.HTTPClient { return whole{client} }

type whole struct{ aws.HTTPClient }

// Do makes a request.
func (w whole) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return w.HTTPClient.Do(r)
}
