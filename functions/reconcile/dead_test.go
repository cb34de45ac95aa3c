package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"chimewatch/pkg/adapters/awsconf"
)

// motoVariable names a running moto server.
const motoVariable = "CHIMEWATCH_MOTO_ENDPOINT"

func TestHeldOnMoto(t *testing.T) {
	endpoint := os.Getenv(motoVariable)
	if endpoint == "" {
		t.Skipf("SKIPPED: %s is not set; moto_server gives one", motoVariable)
	}
	client := sqs.New(sqs.Options{Region: "us-east-1", HTTPClient: awsconf.Whole(nil), BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	queue, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(fmt.Sprint("dead-letters-", os.Getpid()))})
	if err != nil {
		t.Fatal(err)
	}
	for want := range int64(3) {
		if n, err := held(t.Context(), client, *queue.QueueUrl); err != nil || n != want {
			t.Errorf("%d messages, %v; want %d", n, err, want)
		}
		if _, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: aws.String("{}")}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := held(t.Context(), client, *queue.QueueUrl+"-gone"); err == nil {
		t.Error("a queue that is not there holds messages")
	}
}
