package awsconf

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

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
	client := cloudtrail.New(cloudtrail.Options{Region: "us-east-1", HTTPClient: Whole(transport), Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	if _, err := client.LookupEvents(t.Context(), &cloudtrail.LookupEventsInput{MaxResults: aws.Int32(1)}); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, transport.body); n != 0 || err != nil {
		t.Errorf("%d more bytes, %v", n, err)
	}
}

func TestLoad(t *testing.T) {
	server := lookuptest.New(t)
	for name, value := range map[string]string{
		"AWS_CONFIG_FILE": "/nowhere", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
		"AWS_ENDPOINT_URL_CLOUDTRAIL": server.URL, "AWS_MAX_ATTEMPTS": "",
	} {
		t.Setenv(name, value)
	}
	cfg, err := Load(t.Context(), config.WithRegion("eu-central-1"))
	if err != nil || cfg.Region != "eu-central-1" {
		t.Fatalf("%q, %v", cfg.Region, err)
	}
	if _, ok := cfg.HTTPClient.(whole); !ok {
		t.Errorf("requests go through %T", cfg.HTTPClient)
	}
	in := &cloudtrail.LookupEventsInput{MaxResults: aws.Int32(1), LookupAttributes: []types.LookupAttribute{{AttributeKey: types.LookupAttributeKeyEventId, AttributeValue: aws.String("e")}}}
	if _, err := cloudtrail.NewFromConfig(cfg).LookupEvents(t.Context(), in); err != nil {
		t.Error(err)
	}
	t.Setenv("AWS_MAX_ATTEMPTS", "many")
	if _, err := Load(t.Context()); err == nil || !strings.Contains(err.Error(), "reading the AWS configuration") {
		t.Errorf("%v", err)
	}
}
