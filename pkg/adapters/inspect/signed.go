package inspect

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
)

// signed makes the four calls of CloudFormation, CloudWatch and EventBridge
// Scheduler. A client of the SDK for each would be three more modules for four
// requests; what signs them is the SDK's.
type signed struct {
	config aws.Config
	client *http.Client
}

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 4 << 20

// query makes a call of the Query protocol and decodes the XML answer.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonParameters.html
func (s signed) query(ctx context.Context, service, version, action string, parameters url.Values, out any) error {
	form := url.Values{"Action": {action}, "Version": {version}}
	for name, values := range parameters {
		form[name] = values
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint(service)+"/", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	body, err := s.send(r, service, form.Encode())
	if err != nil {
		return err
	}
	return xml.Unmarshal(body, out)
}

// get makes a call of the REST JSON protocol and decodes the answer.
func (s signed) get(ctx context.Context, service, path string, out any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.endpoint(service)+path, nil)
	if err != nil {
		return err
	}
	body, err := s.send(r, service, "")
	if err != nil {
		return err
	}
	return json.Unmarshal(body, out)
}

// endpoint returns the service's URL, or the configured one.
func (s signed) endpoint(service string) string {
	if s.config.BaseEndpoint != nil {
		return strings.TrimSuffix(*s.config.BaseEndpoint, "/")
	}
	return "https://" + service + "." + s.config.Region + ".amazonaws.com"
}

func (s signed) send(r *http.Request, service, payload string) ([]byte, error) {
	credentials, err := s.config.Credentials.Retrieve(r.Context())
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(payload))
	if err := v4.NewSigner().SignHTTP(r.Context(), credentials, r, hex.EncodeToString(sum[:]), service, s.config.Region, time.Now()); err != nil {
		return nil, err
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		return nil, failure(answer, body)
	}
	return body, nil
}

// failure reads an error answer: XML of the Query protocol, or JSON.
func failure(answer *http.Response, body []byte) error {
	e := &smithy.GenericAPIError{Code: answer.Header.Get("X-Amzn-Errortype"), Message: answer.Status}
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
		var x struct {
			Error struct{ Code, Message string }
		}
		if xml.Unmarshal(body, &x) == nil {
			e.Code, e.Message = x.Error.Code, x.Error.Message
		}
	} else {
		var x struct {
			Type    string `json:"__type"`
			Message string
		}
		if json.Unmarshal(body, &x) == nil {
			if x.Message != "" {
				e.Message = x.Message
			}
			if e.Code == "" {
				e.Code = x.Type
			}
		}
	}
	e.Code, _, _ = strings.Cut(e.Code[strings.LastIndexByte(e.Code, '#')+1:], ":")
	if e.Code == "" {
		e.Code = fmt.Sprint(answer.StatusCode)
	}
	return e
}

// code returns the code of an error of AWS, empty for all others.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}
