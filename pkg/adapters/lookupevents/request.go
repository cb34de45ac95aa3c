package lookupevents

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/smithy-go"
)

// maxTries is how often a request is made that is throttled or fails on the
// way: with waits from one second on that double up to half a minute, about
// two minutes in all.
const (
	maxTries  = 8
	firstWait = time.Second
	longest   = 30 * time.Second
)

// page makes one request, at the pace, again where it may help. The client's
// own tries are turned off: they would not keep the pace.
func (l *Lookup) page(ctx context.Context, q Query, end time.Time, token *string) (*cloudtrail.LookupEventsOutput, error) {
	in := q.input(end, token)
	for try, wait := 1, firstWait; ; try++ {
		if err := l.turn(ctx); err != nil {
			return nil, err
		}
		out, err := l.client.LookupEvents(ctx, in, func(o *cloudtrail.Options) { o.Retryer = aws.NopRetryer{} })
		if err == nil {
			return out, nil
		}
		throttled := isThrottled(err)
		if throttled {
			l.mu.Lock()
			l.throttled++
			l.mu.Unlock()
		}
		if ctx.Err() != nil || try == maxTries || !throttled && !isPassing(err) {
			return nil, err
		}
		if err := l.clock.Sleep(ctx, wait); err != nil {
			return nil, err
		}
		wait = min(2*wait, longest)
	}
}

// turn waits until a request may be made.
func (l *Lookup) turn(ctx context.Context) error {
	l.mu.Lock()
	now := l.clock.Now()
	at := l.next
	if at.Before(now) {
		at = now
	}
	l.next = at.Add(Pace)
	l.requests++
	l.mu.Unlock()
	if wait := at.Sub(now); wait > 0 {
		return l.clock.Sleep(ctx, wait)
	}
	return ctx.Err()
}

func isThrottled(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	switch api.ErrorCode() {
	case "ThrottlingException", "Throttling", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown":
		return true
	}
	return false
}

// isPassing reports whether an error may pass by itself: one of the service's
// own, or of the network before or within an answer.
func isPassing(err error) bool {
	var answer *awshttp.ResponseError
	if !errors.As(err, &answer) {
		return false // nothing was sent: there are no credentials
	}
	status := answer.HTTPStatusCode()
	return status == 0 || status == http.StatusOK || status >= http.StatusInternalServerError
}

// explain says what an error means and what to do.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html#API_LookupEvents_Errors
func (l *Lookup) explain(q Query, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	what := fmt.Sprintf("looking up events of %s in %s", q.Source+q.EventID, l.region)
	var api smithy.APIError
	if !errors.As(err, &api) {
		return fmt.Errorf("%s: %w; check the network, and the credentials with aws sts get-caller-identity", what, err)
	}
	remedy := "see the errors of LookupEvents in the CloudTrail API reference"
	switch api.ErrorCode() {
	case "AccessDeniedException", "AccessDenied":
		remedy = "allow cloudtrail:LookupEvents on resource *"
	case "ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch":
		remedy = "renew the credentials (aws sso login, or new keys) and check the clock"
	case "InvalidTimeRangeException":
		remedy = "CloudTrail knows the last 90 days; ask for times within them"
	case "InvalidLookupAttributesException":
		remedy = "check the event source or event id"
	default:
		if isThrottled(err) {
			remedy = fmt.Sprintf("others use up the two requests a second that the account has; it was tried %d times", maxTries)
		}
	}
	return fmt.Errorf("%s: %w; %s", what, err, remedy)
}
