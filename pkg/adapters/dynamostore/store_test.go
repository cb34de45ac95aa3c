package dynamostore_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/truora/minidyn/server"

	"chimewatch/pkg/adapters/dynamostore"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/pipeline/storetest"
)

// endpointVariable names a DynamoDB to run the contract on, such as that of
// scripts/dynamodb-local.sh.
const endpointVariable = "CHIMEWATCH_DYNAMODB_ENDPOINT"

// minidyn starts an in-process DynamoDB and returns its address.
func minidyn(t testing.TB) string {
	srv := httptest.NewUnstartedServer(server.NewServer())
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // about clients that hang up, as ours do
	srv.Start()
	t.Cleanup(srv.Close)
	return srv.URL
}

// client returns the SDK's client for an address.
func client(endpoint string, transport http.RoundTripper) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient:  &http.Client{Transport: transport},
	})
}

var tables atomic.Int64

// newTable makes an empty table.
func newTable(t testing.TB, endpoint string) string {
	name := fmt.Sprintf("chimewatch-%d-%d", os.Getpid(), tables.Add(1))
	c := client(endpoint, http.DefaultTransport)
	if _, err := c.CreateTable(context.Background(), dynamostore.Table(name)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = c.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: aws.String(name)})
	})
	return name
}

// open returns a store on a table whose clock stands at storetest.Now.
func open(t testing.TB, c dynamostore.Client, table string) *dynamostore.Store {
	t.Helper()
	s, err := dynamostore.New(c, config(table, storetest.Now()))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func config(table string, now time.Time) dynamostore.Config {
	c := dynamostore.DefaultConfig(table)
	c.Hasher = storetest.Hasher()
	c.Now = func() time.Time { return now }
	c.Random = rand.Uint64
	c.FirstDelay, c.LastDelay = time.Millisecond, 10*time.Millisecond // the engine is in this process, or beside it
	return c
}

func TestContractOnMinidyn(t *testing.T) {
	storetest.Run(t, func(t *testing.T) pipeline.Store {
		endpoint := minidyn(t)
		return open(t, client(endpoint, http.DefaultTransport), newTable(t, endpoint))
	})
}

func TestContractOnDynamoDB(t *testing.T) {
	endpoint := os.Getenv(endpointVariable)
	if endpoint == "" {
		t.Skipf("SKIPPED: %s is not set; scripts/dynamodb-local.sh starts Amazon's own engine", endpointVariable)
	}
	storetest.Run(t, func(t *testing.T) pipeline.Store {
		return open(t, client(endpoint, http.DefaultTransport), newTable(t, endpoint))
	})
}
