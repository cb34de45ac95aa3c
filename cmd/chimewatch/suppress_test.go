package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"chimewatch/pkg/adapters/inspect/inspecttest"
)

// The object that the deployment reads is edited in place, found by the stack,
// and never over what somebody else has put there meanwhile.
func TestSuppressDeployed(t *testing.T) {
	backend := s3mem.New()
	inner := gofakes3.New(backend).Server()
	interfere := func() {} // before something is put
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			interfere()
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(store.Close)
	world := inspecttest.New(t)
	withCredentials(t, "AWS_ENDPOINT_URL", world.URL, "AWS_ENDPOINT_URL_S3", store.URL)
	const bucket, key = "chimewatch-bucket-1", "config/chimewatch.yaml"
	if err := backend.CreateBucket(bucket); err != nil {
		t.Fatal(err)
	}
	put := func(text string) {
		if _, err := backend.PutObject(bucket, key, map[string]string{}, strings.NewReader(text), int64(len(text)), nil); err != nil {
			t.Error(err)
		}
	}
	object := func() string {
		o, err := backend.GetObject(bucket, key, nil)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(o.Contents)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	add := []string{"suppress", "add", "--rule", "denial-burst", "--until", "2099-12-31", "--owner", "a", "--reason", "b", "--yes"}

	got := chimewatch(t, "", append(add, "--name", "one")...)
	if want := "Saved one to s3://chimewatch-bucket-1/config/chimewatch.yaml: rule denial-burst, until 2099-12-31\n"; got.status != 0 || got.stdout != want || !strings.HasPrefix(object(), "suppressions:\n  - name: one\n") {
		t.Fatalf("%+v\n%s", got, object())
	}
	got = chimewatch(t, "", append(add, "--name", "two", "--config", "s3://chimewatch-bucket-1/config/chimewatch.yaml")...)
	if got.status != 0 || strings.Count(object(), "- name: ") != 2 {
		t.Errorf("%+v\n%s", got, object())
	}
	interfere = func() { put("# by somebody else\n") }
	got = chimewatch(t, "", append(add, "--name", "three")...)
	if got.status != 2 || !strings.Contains(got.stderr, "changed by somebody else in the meantime: try again") || object() != "# by somebody else\n" {
		t.Errorf("%+v\n%s", got, object())
	}
	interfere = func() {}
	got = chimewatch(t, "", "suppress", "list", "--config", "s3://chimewatch-bucket-1/other.yaml")
	if got.status != 0 || got.stdout != "No suppressions in s3://chimewatch-bucket-1/other.yaml.\n" {
		t.Errorf("%+v", got)
	}
	world.Stack = ""
	got = chimewatch(t, "", "suppress", "list", "--stack", "chat")
	if got.status != 2 || !strings.Contains(got.stderr, `there is no stack "chat" in us-east-1 with the output BucketName`) || !strings.Contains(got.stderr, "Name it with --config") {
		t.Errorf("%+v", got)
	}
}
