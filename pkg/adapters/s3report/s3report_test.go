package s3report_test

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"chimewatch/pkg/adapters/s3report"
	"chimewatch/pkg/summary"
)

const bucket = "chimewatch-111122223333"

// newClient returns a client of a server of S3 in the process, with a bucket.
func newClient(t *testing.T) *s3.Client {
	t.Helper()
	server := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
	t.Cleanup(server.Close)
	client := s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
		t.Fatal(err)
	}
	return client
}

func newShelf(t *testing.T, client s3report.Client) *s3report.Shelf {
	t.Helper()
	shelf, err := s3report.New(client, bucket, "reports/", "eu-central-1")
	if err != nil {
		t.Fatal(err)
	}
	return shelf
}

func TestPut(t *testing.T) {
	client := newClient(t)
	shelf := newShelf(t, client)
	for _, body := range []string{"first", "second"} {
		link, err := shelf.Put(t.Context(), "2026-W26", []byte("<p>"+body), []byte(`"`+body+`"`))
		if err != nil {
			t.Fatal(err)
		}
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/console-access.html
		if want := "https://eu-central-1.console.aws.amazon.com/s3/object/" + bucket + "?prefix=reports%2F2026-W26.html&region=eu-central-1"; link != want {
			t.Errorf("link %s, want %s", link, want)
		}
	}
	for key, want := range map[string][2]string{
		"reports/2026-W26.html": {"<p>second", "text/html; charset=utf-8"},
		"reports/2026-W26.json": {`"second"`, "application/json"},
	} {
		out, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(out.Body)
		if err != nil || string(body) != want[0] || aws.ToString(out.ContentType) != want[1] {
			t.Errorf("%s: %q, %s, %v", key, body, aws.ToString(out.ContentType), err)
		}
	}
}

func TestBook(t *testing.T) {
	shelf := newShelf(t, newClient(t))
	b, v, err := shelf.Book(t.Context())
	if err != nil || v != "" || b != (summary.Book{}) {
		t.Fatalf("at first: %+v, %q, %v", b, v, err)
	}
	first := summary.Book{Began: time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC), Sending: "2026-W25", Since: time.Date(2026, 6, 22, 5, 0, 0, 0, time.UTC)}
	if err := shelf.PutBook(t.Context(), first, ""); err != nil {
		t.Fatal(err)
	}
	if err := shelf.PutBook(t.Context(), first, ""); !errors.Is(err, summary.ErrStale) {
		t.Errorf("a second first book: %v", err)
	}
	b, v, err = shelf.Book(t.Context())
	if err != nil || v == "" || b != first {
		t.Fatalf("read %+v, %q, %v", b, v, err)
	}
	b.Sending = ""
	if err := shelf.PutBook(t.Context(), b, v); err != nil {
		t.Fatal(err)
	}
	if err := shelf.PutBook(t.Context(), first, v); !errors.Is(err, summary.ErrStale) {
		t.Errorf("over what another one wrote: %v", err)
	}
}

// TestBookSideBySide: of writers that read the same book one succeeds.
func TestBookSideBySide(t *testing.T) {
	shelf := newShelf(t, newClient(t))
	if err := shelf.PutBook(t.Context(), summary.Book{}, ""); err != nil {
		t.Fatal(err)
	}
	_, v, err := shelf.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for i := range 8 {
		wg.Go(func() {
			err := shelf.PutBook(context.Background(), summary.Book{Sending: string(rune('a' + i))}, v)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if !errors.Is(err, summary.ErrStale) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won != 1 {
		t.Errorf("%d writers succeeded", won)
	}
}

// TestDamagedBook is named, with what to do.
func TestDamagedBook(t *testing.T) {
	client := newClient(t)
	shelf := newShelf(t, client)
	for name, body := range map[string]string{"no JSON": "x", "too long": strings.Repeat(" ", 70_000)} {
		_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("reports/book.json"), Body: strings.NewReader(body)})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := shelf.Book(t.Context()); err == nil || !strings.Contains(err.Error(), "s3://"+bucket+"/reports/book.json") || !strings.Contains(err.Error(), "delete the object") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	shelf, err := s3report.New(newClient(t), "another-bucket", "reports/", "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := shelf.Put(t.Context(), "2026-W26", nil, nil); err == nil || !strings.Contains(err.Error(), "s3://another-bucket/reports/2026-W26.json") || !strings.Contains(err.Error(), "no such bucket") {
		t.Errorf("got %v", err)
	}
	if _, err := s3report.New(nil, bucket, "reports", "us-east-1"); err == nil || !strings.Contains(err.Error(), "slash") {
		t.Errorf("got %v", err)
	}
}
