package endtoend

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// call is one permission that a request asks for.
type call struct{ action, resource string }

// record is what the functions asked of AWS.
type record struct {
	mu        sync.Mutex
	calls     map[string]map[call]int // by function
	published time.Time               // the last publish that was answered
}

func newRecord() *record { return &record{calls: map[string]map[call]int{}} }

func (r *record) note(function string, calls []call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.calls[function] == nil {
		r.calls[function] = map[call]int{}
	}
	for _, c := range calls {
		r.calls[function][c]++
		if c.action == "sns:Publish" {
			r.published = time.Now()
		}
	}
}

// lastPublished returns when the last publish was answered.
func (r *record) lastPublished() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.published
}

// of returns what a function asked for, sorted.
func (r *record) of(function string) []call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.SortedFunc(maps.Keys(r.calls[function]), func(a, b call) int {
		return strings.Compare(a.action+" "+a.resource, b.action+" "+b.resource)
	})
}

// door stands between one process and AWS: it notes what is asked for, and may
// act before and after a request is served.
type door struct {
	record   *record
	function string

	mu       sync.Mutex
	requests int
	hook     func(n int) (before, after func())
}

// set makes the door act on the requests from now on; nil: not at all.
func (d *door) set(hook func(n int) (before, after func())) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hook, d.requests = hook, 0
}

// to returns an address at which the door serves what is at target.
func (d *door) to(t *testing.T, target string) string {
	t.Helper()
	address, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(address)
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // killed while it sent
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		before, after := d.act()
		before()
		if r.Context().Err() != nil {
			return // killed: the request is as if it had not been made
		}
		proxy.ServeHTTP(w, r.WithContext(context.WithoutCancel(r.Context())))
		d.record.note(d.function, permissions(r, body))
		after()
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func (d *door) act() (before, after func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.requests++
	if d.hook != nil {
		return d.hook(d.requests)
	}
	return func() {}, func() {}
}

// permissions returns what a request asks IAM for, on which resources.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
func permissions(r *http.Request, body []byte) []call {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		service, operation, _ := strings.Cut(target, ".")
		if strings.HasPrefix(service, "DynamoDB") {
			return tablePermissions(operation, body)
		}
		_, operation, _ = strings.Cut(target[strings.LastIndexByte(target, '_')+1:], ".")
		return []call{{"cloudtrail:" + operation, "*"}}
	}
	if form, err := url.ParseQuery(string(body)); err == nil && form.Get("Action") != "" {
		return []call{{"sns:" + form.Get("Action"), form.Get("TopicArn")}}
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	object := "arn:aws:s3:::" + bucket + "/" + key
	switch {
	case key == "":
		return []call{{"s3:ListBucket", "arn:aws:s3:::" + bucket}}
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		return []call{{"s3:GetObject", object}}
	case r.Method == http.MethodPut:
		return []call{{"s3:PutObject", object}}
	}
	return []call{{"s3:" + r.Method, object}}
}

// tablePermissions: a transaction asks for the permissions of what is in it, a
// batch for one of its own.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
func tablePermissions(operation string, body []byte) (out []call) {
	var in struct {
		TableName     string
		RequestItems  map[string]any
		TransactItems []map[string]struct{ TableName string }
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return []call{{"dynamodb:" + operation, fmt.Sprint(err)}}
	}
	arn := func(table string) string { return "table/" + table }
	for _, item := range in.TransactItems {
		for kind, on := range item {
			if kind != "ConditionCheck" {
				kind += "Item"
			} else {
				kind = "ConditionCheckItem"
			}
			out = append(out, call{"dynamodb:" + kind, arn(on.TableName)})
		}
	}
	for table := range in.RequestItems {
		out = append(out, call{"dynamodb:" + operation, arn(table)})
	}
	if in.TableName != "" {
		out = append(out, call{"dynamodb:" + operation, arn(in.TableName)})
	}
	return out
}
