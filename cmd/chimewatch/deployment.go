package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/pflag"

	"chimewatch/pkg/adapters/inspect"
)

// deployment says where chimewatch is deployed.
type deployment struct{ region, stack string }

func (d *deployment) flags(flags *pflag.FlagSet) {
	flags.StringVar(&d.region, "region", "", "Region of the deployment; AWS_REGION and the profile decide otherwise")
	flags.StringVar(&d.stack, "stack", "chimewatch", "name of the deployment's stack, whose outputs are asked for what is not named")
}

// output returns an output of the stack.
func (d *deployment) output(ctx context.Context, cfg aws.Config, name string) (string, error) {
	outputs, err := inspect.New(cfg).Outputs(ctx, d.stack)
	if err != nil {
		return "", fmt.Errorf("reading the outputs of the stack %s: %w", d.stack, err)
	}
	if outputs[name] == "" {
		return "", fmt.Errorf("there is no stack %q in %s with the output %s", d.stack, cfg.Region, name)
	}
	return outputs[name], nil
}
