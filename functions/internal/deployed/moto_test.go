package deployed

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// moto is an independent server of SNS and SQS, https://docs.getmoto.org: a
// queue is subscribed to each topic.
type moto struct {
	t      *testing.T
	clock  *hand
	url    string
	prefix string // of the topics' ARNs
	queues *sqs.Client
	taken  map[string][]published
}

// newMoto makes fresh topics; the test is skipped where there is no moto.
func newMoto(t *testing.T, clock *hand) *moto {
	t.Helper()
	url := os.Getenv("CHIMEWATCH_MOTO_ENDPOINT")
	if url == "" {
		t.Skip("SKIPPED: CHIMEWATCH_MOTO_ENDPOINT is not set; moto_server -p 5055 is one")
	}
	cfg := amazon(url)
	m := &moto{t: t, clock: clock, url: url, queues: sqs.NewFromConfig(cfg), taken: map[string][]published{}}
	client := sns.NewFromConfig(cfg)
	run := "storm-" + time.Now().Format("150405-000000000") + "-"
	for _, topic := range []string{"alerts", "findings", "chat"} {
		made, err := client.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String(run + topic)})
		if err != nil {
			t.Fatal(err)
		}
		m.prefix = strings.TrimSuffix(*made.TopicArn, topic)
		if _, err := m.queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(run + topic)}); err != nil {
			t.Fatal(err)
		}
		_, err = client.Subscribe(t.Context(), &sns.SubscribeInput{
			TopicArn: made.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:us-east-1:123456789012:" + run + topic),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func (m *moto) endpoint() string   { return m.url }
func (m *moto) settings() Settings { return settings(m.prefix) }

// on receives what the topic's queue got since the last time: it was there by
// now.
func (m *moto) on(topic string) []published {
	m.t.Helper()
	name := m.prefix[strings.LastIndexByte(m.prefix, ':')+1:] + topic
	for {
		out, err := m.queues.ReceiveMessage(m.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(m.url + "/123456789012/" + name), MaxNumberOfMessages: 10, VisibilityTimeout: 3600})
		if err != nil {
			m.t.Fatal(err)
		}
		for _, got := range out.Messages {
			var envelope struct{ Message string }
			if err := json.Unmarshal([]byte(*got.Body), &envelope); err != nil {
				m.t.Fatal(err)
			}
			m.taken[topic] = append(m.taken[topic], published{topic, m.clock.Now(), envelope.Message})
		}
		if len(out.Messages) == 0 {
			return m.taken[topic]
		}
	}
}
