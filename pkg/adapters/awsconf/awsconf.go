// Package awsconf holds what all clients of AWS share: how their answers are
// read, and the configuration that Lambda gives a function.
package awsconf

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Lambda returns the configuration of a function: the Region and the role's
// credentials from the variables that every function gets, and the endpoints of
// AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE> where there are some. It reads
// nothing else. What package config of the SDK adds, profiles, single sign-on
// and the metadata of virtual machines, a function has no use for and would
// start later with. See
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
func Lambda() (aws.Config, error) {
	region, key, secret := os.Getenv("AWS_REGION"), os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY")
	switch {
	case region == "":
		return aws.Config{}, errors.New("AWS_REGION is not set: Lambda sets it for every function")
	case key == "" || secret == "":
		return aws.Config{}, errors.New("AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set: Lambda sets both for every function that has a role")
	}
	cfg := aws.Config{
		Region:        region,
		Credentials:   credentials.NewStaticCredentialsProvider(key, secret, os.Getenv("AWS_SESSION_TOKEN")),
		HTTPClient:    Whole(nil),
		ConfigSources: []any{environment{}},

		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
	}
	if url := os.Getenv("AWS_ENDPOINT_URL"); url != "" {
		cfg.BaseEndpoint = aws.String(url)
	}
	return cfg, nil
}

// environment tells clients of the endpoints that are set for single services:
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
type environment struct{}

// GetServiceBaseEndpoint returns the endpoint of a service, if one is set.
func (environment) GetServiceBaseEndpoint(_ context.Context, service string) (url string, set bool, err error) {
	url = os.Getenv("AWS_ENDPOINT_URL_" + strings.ReplaceAll(strings.ToUpper(service), " ", "_"))
	return url, url != "", nil
}
