package s3config_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"chimewatch/pkg/adapters/s3config"
)

// bucket is a real S3 client on a server in this process.
func bucket(t *testing.T) (*s3.Client, *httptest.Server) {
	t.Helper()
	server := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
	t.Cleanup(server.Close)
	client := s3.New(s3.Options{
		BaseEndpoint: &server.URL, UsePathStyle: true, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", ""), RetryMaxAttempts: 1,
	})
	if _, err := client.CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: aws.String("bucket")}); err != nil {
		t.Fatal(err)
	}
	return client, server
}

func put(t *testing.T, client *s3.Client, body string) {
	t.Helper()
	if _, err := client.PutObject(context.Background(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("c.yaml"), Body: strings.NewReader(body)}); err != nil {
		t.Fatal(err)
	}
}

func TestLastGoodStays(t *testing.T) {
	client, server := bucket(t)
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	fresh := func() *s3config.Source {
		return s3config.New(client, "bucket", "c.yaml", time.Minute, func() time.Time { return now })
	}
	load := func(s *s3config.Source) s3config.State {
		t.Helper()
		now = now.Add(2 * time.Minute)
		state, err := s.Load(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return state
	}
	threshold := func(s s3config.State) int { return s.Config.Rules.DenialBurst.Threshold }

	source := fresh()
	if s := load(source); threshold(s) != 10 || s.Problem != nil || s.Origin != "" {
		t.Fatalf("without an object the defaults are in force, got %+v", s)
	}
	put(t, client, "rules: {denial-burst: {threshold: 20}}")
	good := load(source)
	if threshold(good) != 20 || good.Problem != nil || good.Origin == "" {
		t.Fatalf("a good object is taken without redeployment, got %+v", good)
	}
	if s := load(source); s.Origin != good.Origin || s.Problem != nil {
		t.Fatalf("an unchanged object stays in force, got %+v", s)
	}
	put(t, client, "rules: {denial-burst: {threshold: 0}}")
	bad := load(source)
	if threshold(bad) != 20 || bad.Problem == nil || !strings.Contains(bad.Problem.Error(), "s3://bucket/c.yaml is not in force: configuration: rules.denial-burst.threshold") {
		t.Fatalf("of a bad object nothing is taken, and it is named, got %d, %v", threshold(bad), bad.Problem)
	}
	if s := load(fresh()); threshold(s) != 20 || s.Problem == nil || s.Origin == "" {
		t.Fatalf("a new process starts with the last good one, got %+v", s)
	}
	put(t, client, "rules: {denial-burst: {threshold: 30}}")
	if s := load(source); threshold(s) != 30 || s.Problem != nil {
		t.Fatalf("a mended object is taken, got %d, %v", threshold(s), s.Problem)
	}
	server.Close()
	if s := load(source); threshold(s) != 30 || s.Problem == nil {
		t.Fatalf("what was read before stays while S3 is away, got %d, %v", threshold(s), s.Problem)
	}
	if _, err := fresh().Load(context.Background()); err == nil {
		t.Fatal("a new process that can read nothing must say so")
	}
}

func TestRefreshIsBounded(t *testing.T) {
	client, _ := bucket(t)
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	source := s3config.New(client, "bucket", "c.yaml", time.Minute, func() time.Time { return now })
	if _, err := source.Load(context.Background()); err != nil {
		t.Fatal(err)
	}
	put(t, client, "rules: {denial-burst: {threshold: 20}}")
	now = now.Add(59 * time.Second)
	if s, err := source.Load(context.Background()); err != nil || s.Origin != "" {
		t.Fatalf("looked again before the time: %+v, %v", s, err)
	}
}
