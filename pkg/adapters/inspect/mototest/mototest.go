// Package mototest starts moto, a server written by others that answers like
// AWS: a second opinion on what the in-process servers of the tests answer.
//
// https://docs.getmoto.org/en/latest/docs/server_mode.html
package mototest

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"chimewatch/pkg/adapters/awsconf"
)

// Require is the environment variable that turns a missing moto from a skip
// into a failure, when it is 1.
const Require = "CHIMEWATCH_REQUIRE_SERVICES"

// Start starts moto_server and returns a configuration of the SDK that talks to
// it. It ends with the test. In a run that is not thorough, and where moto is not
// installed, the test is skipped.
func Start(t *testing.T) aws.Config {
	t.Helper()
	if os.Getenv("CHIMEWATCH_THOROUGH") == "" {
		t.Skip("SKIPPED: CHIMEWATCH_THOROUGH is not set, so moto was not started")
	}
	path, err := exec.LookPath("moto_server")
	if err != nil {
		if os.Getenv(Require) == "1" {
			t.Fatalf("%s=1, but moto_server is not installed: pip install 'moto[server]'", Require)
		}
		t.Skip("SKIPPED: moto_server is not installed, so nobody but this project's own servers was asked (pip install 'moto[server]')")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()

	_, port, _ := strings.Cut(address, ":")
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, path, "-H", "127.0.0.1", "-p", port)
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		cmd.Wait() // its error is that it was ended
	})
	url := "http://" + address
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		answer, err := http.Get(url + "/moto-api/data.json")
		if err == nil {
			answer.Body.Close()
			break
		}
		if time.Now().After(end) {
			t.Fatalf("moto_server does not answer: %v", err)
		}
	}
	return aws.Config{
		Region: "us-east-1", HTTPClient: awsconf.Whole(nil),
		BaseEndpoint: aws.String(url),
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
}
