package awsconf_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"chimewatch/pkg/adapters/awsconf"
	"chimewatch/pkg/adapters/lookupevents/lookuptest"
)

// late answers before it has looked for the end of a request's body, as
// net/http may, and keeps the body.
type late struct{ body io.Reader }

func (l *late) Do(r *http.Request) (*http.Response, error) {
	if _, err := io.CopyN(io.Discard, r.Body, r.ContentLength); err != nil {
		return nil, err
	}
	l.body = r.Body
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"Events":[]}`))}, nil
}

// What looks for more of a request's body after the SDK has closed it finds its
// end, not an error.
func TestEndOfBody(t *testing.T) {
	transport := new(late)
	client := cloudtrail.New(cloudtrail.Options{Region: "us-east-1", HTTPClient: awsconf.Whole(transport), Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	if _, err := client.LookupEvents(t.Context(), &cloudtrail.LookupEventsInput{MaxResults: aws.Int32(1)}); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, transport.body); n != 0 || err != nil {
		t.Errorf("%d more bytes, %v", n, err)
	}
}

// A client that is made with the environment of a function asks the endpoints
// that are set, with the credentials of its role.
func TestLambda(t *testing.T) {
	one, all := lookuptest.New(t), lookuptest.New(t)
	for name, value := range map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": "c",
		"AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_CLOUDTRAIL": "",
	} {
		t.Setenv(name, value)
	}
	for _, tt := range []struct{ variable, url string }{{"AWS_ENDPOINT_URL", all.URL}, {"AWS_ENDPOINT_URL_CLOUDTRAIL", one.URL}} {
		t.Setenv(tt.variable, tt.url)
		cfg, err := awsconf.Lambda()
		if err != nil {
			t.Fatal(err)
		}
		if got := *cloudtrail.NewFromConfig(cfg).Options().BaseEndpoint; got != tt.url {
			t.Errorf("%s: %s is asked", tt.variable, got)
		}
		if _, err := cloudtrail.NewFromConfig(cfg).LookupEvents(t.Context(), lookup); err != nil {
			t.Errorf("%s: %v", tt.variable, err)
		}
		if c, err := cfg.Credentials.Retrieve(t.Context()); err != nil || c.AccessKeyID != "a" || c.SecretAccessKey != "b" || c.SessionToken != "c" {
			t.Errorf("credentials of %q, %v", c.AccessKeyID, err)
		}
		if fmt.Sprintf("%T", cfg.HTTPClient) != fmt.Sprintf("%T", awsconf.Whole(nil)) || cfg.Region != "eu-central-1" {
			t.Errorf("%s: requests to %q go through %T", tt.variable, cfg.Region, cfg.HTTPClient)
		}
	}
	for _, missing := range []string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		t.Run(missing, func(t *testing.T) {
			t.Setenv(missing, "")
			if _, err := awsconf.Lambda(); err == nil || !strings.Contains(err.Error(), missing) {
				t.Errorf("%v", err)
			}
		})
	}
}

var lookup = &cloudtrail.LookupEventsInput{MaxResults: aws.Int32(1), LookupAttributes: []types.LookupAttribute{{AttributeKey: types.LookupAttributeKeyEventId, AttributeValue: aws.String("e")}}}
