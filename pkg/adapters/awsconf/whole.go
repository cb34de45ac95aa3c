package awsconf

import (
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// Whole returns a client whose answers are read whole. The SDK closes the body
// of a request as soon as the answer begins; its body says "end of file" as an
// error when it is asked to write itself after that, for which net/http, where
// it comes to ask so late, drops the connection while the answer is being read:
// "use of closed network connection",
// https://github.com/aws/aws-sdk-go-v2/issues/2737. A body that can be read but
// not write itself ends as it should. No client stands for one of the SDK's own,
// which otherwise each service would make for itself.
func Whole(client aws.HTTPClient) aws.HTTPClient {
	if client == nil {
		client = awshttp.NewBuildableClient()
	}
	return whole{client}
}

type whole struct{ aws.HTTPClient }

// Do makes a request.
func (w whole) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return w.HTTPClient.Do(r)
}
