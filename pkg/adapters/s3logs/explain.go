package s3logs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// Error says what went wrong with an object or a listing, and what to do.
type Error struct {
	Place   string // s3://bucket/key
	Problem string
	Remedy  string
	Err     error // the cause
}

// Error returns place, problem and remedy in one line.
func (e *Error) Error() string { return e.Place + ": " + e.Problem + "; " + e.Remedy }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// explain returns what an error of S3 means. The action is "list" or "read".
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
func explain(place, action string, err error) error {
	if errors.Is(err, context.Canceled) {
		return context.Canceled
	}
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	code, message := codeOf(err)
	e := &Error{Place: place, Err: err}
	lower := strings.ToLower(message)
	switch {
	case strings.HasPrefix(code, "KMS."), code == "AccessDenied" && strings.Contains(lower, "kms"):
		e.Problem = "is encrypted with a KMS key that may not be used: " + message
		e.Remedy = "allow kms:Decrypt on the key in the reader's policy and, if the key is another account's, in the key's policy; enable the key if it is disabled"
	case code == "AccessDenied" || code == "Forbidden" || code == "403":
		permission := "s3:GetObject on the object"
		if action == "list" {
			permission = "s3:ListBucket on the bucket"
		}
		e.Problem = "may not be " + participle(action) + " by these credentials"
		e.Remedy = "allow " + permission + " in the reader's policy and, if the bucket is another account's, in the bucket's policy too; of a file that is not there S3 says the same unless s3:ListBucket is allowed"
	case code == "NoSuchBucket":
		e.Problem, e.Remedy = "there is no such bucket", "check its name"
	case code == "NoSuchKey" || code == "NotFound" || code == "404":
		e.Problem, e.Remedy = "there is no such object any more", "a life cycle rule or somebody deleted it after it was listed; restore it if its records are needed"
	case code == "InvalidObjectState":
		e.Problem, e.Remedy = "is archived", "restore it from its storage class first: aws s3api restore-object"
	case code == "PreconditionFailed":
		e.Problem, e.Remedy = "was overwritten while it was read", "read it again"
	case code == "PermanentRedirect" || code == "AuthorizationHeaderMalformed" || code == "IllegalLocationConstraintException" || code == "301":
		e.Problem, e.Remedy = "the bucket is in another Region"+regionOf(err), "set --region or AWS_REGION to it"
	case code == "SlowDown" || code == "Throttling" || code == "RequestLimitExceeded" || code == "ServiceUnavailable" || code == "503":
		e.Problem, e.Remedy = "S3 asks to slow down, also after several tries", "try again later; it will go on from there"
	case code == "ExpiredToken" || code == "InvalidAccessKeyId" || code == "SignatureDoesNotMatch" || code == "InvalidToken" || code == "RequestTimeTooSkewed":
		e.Problem, e.Remedy = "the credentials are not accepted ("+code+")", "renew them (aws sso login, or new keys), check the clock, and try again"
	case code != "":
		e.Problem, e.Remedy = fmt.Sprintf("can't be %s: %s: %s", participle(action), code, message), "look the code up in the S3 documentation, or try again"
	default:
		e.Problem, e.Remedy = fmt.Sprintf("can't be %s: %v", participle(action), err), "check the network and the credentials (aws sts get-caller-identity), and try again"
	}
	return e
}

func participle(action string) string {
	if action == "list" {
		return "listed"
	}
	return "read"
}

// codeOf returns the error's code and message, or its HTTP status as code where
// the answer had no body.
func codeOf(err error) (code, message string) {
	var api smithy.APIError
	if errors.As(err, &api) {
		code, message = api.ErrorCode(), api.ErrorMessage()
	}
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) && (code == "" || code == "UnknownError") && answer.HTTPStatusCode() >= http.StatusMultipleChoices {
		code = fmt.Sprint(answer.HTTPStatusCode())
	}
	return code, message
}

// regionOf returns the Region that S3 names in its answer, in words.
func regionOf(err error) string {
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) && answer.Response != nil {
		if r := answer.Response.Header.Get("X-Amz-Bucket-Region"); r != "" {
			return ": " + r
		}
	}
	return ""
}
