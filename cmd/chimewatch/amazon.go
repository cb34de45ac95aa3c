package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"chimewatch/pkg/adapters/awsconf"
	"chimewatch/pkg/adapters/lookupevents"
)

// amazonTries is how often a request to AWS is made before it counts as failed,
// unless AWS_MAX_ATTEMPTS or the user's configuration says otherwise.
const amazonTries = 8

// messagingRegions are where Chime SDK messaging is:
// https://docs.aws.amazon.com/chime-sdk/latest/dg/sdk-available-regions.html
func messagingRegions() []string { return []string{"us-east-1", "eu-central-1"} }

// loadAmazon returns the user's own configuration of AWS, as the AWS CLI reads
// it, for a Region; the configured one where it is empty.
func loadAmazon(ctx context.Context, region string) (aws.Config, error) {
	cfg, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(region))
	if err != nil {
		return aws.Config{}, fmt.Errorf("reading the AWS configuration: %w; check AWS_PROFILE and ~/.aws/config", err)
	}
	cfg.HTTPClient = awsconf.Whole(cfg.HTTPClient)
	if cfg.RetryMaxAttempts == 0 {
		cfg.RetryMaxAttempts = amazonTries
	}
	if cfg.Region == "" {
		return aws.Config{}, errors.New("in which Region? Set --region or AWS_REGION")
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return aws.Config{}, fmt.Errorf("there are no AWS credentials that work: %w; run aws sso login or aws configure, or set AWS_PROFILE", err)
	}
	return cfg, nil
}

// newS3 returns a client for log files. Local endpoints need bucket names in
// the path. Log files bring a checksum of their own: they are gzip streams.
func newS3(cfg aws.Config) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = o.BaseEndpoint != nil
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
}

// newLookup returns what looks up events in a Region.
func newLookup(cfg aws.Config, region string, clock lookupevents.Clock) *lookupevents.Lookup {
	client := cloudtrail.NewFromConfig(cfg, func(o *cloudtrail.Options) { o.Region = region })
	return lookupevents.New(client, clock, region)
}
