package snsnotify_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"chimewatch/pkg/adapters/inspect/mototest"
	"chimewatch/pkg/adapters/snsnotify"
	"chimewatch/pkg/alert"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// account is what a test has in moto.
type account struct {
	t   *testing.T
	sns *sns.Client
	sqs *sqs.Client
}

func newAccount(t *testing.T) *account {
	t.Helper()
	cfg := mototest.Start(t)
	return &account{t: t, sns: client(*cfg.BaseEndpoint), sqs: sqs.NewFromConfig(cfg)}
}

func (a *account) topic(name string, attributes map[string]string) string {
	a.t.Helper()
	out, err := a.sns.CreateTopic(a.t.Context(), &sns.CreateTopicInput{Name: aws.String(name), Attributes: attributes})
	check(a.t, err)
	return *out.TopicArn
}

// queue makes a queue that gets what a topic sends and the filter lets through.
func (a *account) queue(name, topic, filter string) string {
	a.t.Helper()
	out, err := a.sqs.CreateQueue(a.t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(name), Attributes: map[string]string{"VisibilityTimeout": "3600"}})
	check(a.t, err)
	attributes := map[string]string{"RawMessageDelivery": "true"}
	if filter != "" {
		attributes["FilterPolicy"] = filter
	}
	_, err = a.sns.Subscribe(a.t.Context(), &sns.SubscribeInput{
		TopicArn: aws.String(topic), Protocol: aws.String("sqs"), Attributes: attributes,
		Endpoint: aws.String("arn:aws:sqs:us-east-1:123456789012:" + name),
	})
	check(a.t, err)
	return *out.QueueUrl
}

// received returns what a queue got since the last time.
func (a *account) received(queue string) []string {
	a.t.Helper()
	var bodies []string
	for {
		out, err := a.sqs.ReceiveMessage(a.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(queue), MaxNumberOfMessages: 10})
		check(a.t, err)
		for _, m := range out.Messages {
			bodies = append(bodies, *m.Body)
		}
		if len(out.Messages) == 0 {
			return bodies
		}
	}
}

// goldens are the golden files of package alert, by name and section.
func goldens(t *testing.T) map[string]map[string]string {
	t.Helper()
	paths, err := filepath.Glob("../../alert/testdata/golden/*.txt")
	check(t, err)
	out := map[string]map[string]string{}
	for _, p := range paths {
		name := strings.TrimSuffix(filepath.Base(p), ".txt")
		if name == "digest" || name == "hostile" { // no alert; not exact when read back, its ids are hashed
			continue
		}
		text, err := os.ReadFile(p)
		check(t, err)
		sections, section := map[string]string{}, ""
		for line := range strings.Lines(string(text)) {
			if s, ok := strings.CutPrefix(line, "-- "); ok {
				section = strings.TrimSuffix(s, " --\n")
				continue
			}
			sections[section] += line
		}
		out[name] = sections
	}
	return out
}

// TestDelivery publishes the alert of every golden file; what arrives in queues
// must equal the file. The topics are encrypted.
func TestDelivery(t *testing.T) {
	a := newAccount(t)
	encrypted := map[string]string{"KmsMasterKeyId": "alias/aws/sns"}
	people, machines, chat := a.topic("alerts", encrypted), a.topic("findings", encrypted), a.topic("chat", encrypted)
	queues := map[string]string{
		"default": a.queue("people", people, ""), "json": a.queue("machines", machines, ""), "chat": a.queue("chat", chat, ""),
	}
	n := snsnotify.New(a.sns, snsnotify.Config{Topics: snsnotify.Topics{People: people, Machines: machines, Chat: chat}, Options: alert.Options{Version: "1.2.3"}})
	for name, golden := range goldens(t) {
		inputs, err := alert.Read([]byte(golden["json"]))
		check(t, err)
		check(t, n.Notify(t.Context(), inputs[0]))
		for section, queue := range queues {
			bodies := a.received(queue)
			if name == "closed" && section != "json" {
				if len(bodies) != 0 {
					t.Errorf("%s: people and chats hear of a closing", name)
				}
				continue
			}
			if len(bodies) != 1 {
				t.Fatalf("%s: %d messages in the queue for %s", name, len(bodies), section)
			}
			if diff := cmp.Diff(normal(golden[section]), normal(bodies[0])); diff != "" {
				t.Errorf("%s: delivered %s (-golden +got):\n%s", name, section, diff)
			}
		}
	}
}

// normal makes JSON comparable, and leaves other text but for its last line end.
func normal(text string) any {
	var v any
	if json.Unmarshal([]byte(text), &v) == nil {
		return v
	}
	return strings.TrimSuffix(text, "\n")
}

// TestFilterPolicies is about the machines' topic: each attribute can be
// filtered on.
func TestFilterPolicies(t *testing.T) {
	a := newAccount(t)
	machines := a.topic("findings", nil)
	wanted := map[string]string{
		"severity": "critical", "rule": "impersonation", "verdict": "misconfiguration", "cause": "app-role",
		"account": "111122223333", "region": "us-east-1", "alert_id": "i-5d41402abc4b2a76b971-1", "drill": "true",
	}
	queues := map[string]string{}
	for attribute, value := range wanted {
		queues[attribute] = a.queue("by-"+strings.ReplaceAll(attribute, "_", "-"), machines, fmt.Sprintf(`{"%s":["%s"]}`, attribute, value))
	}
	n := snsnotify.New(a.sns, snsnotify.Config{Topics: snsnotify.Topics{Machines: machines}})
	want := map[string]int{}
	for _, golden := range goldens(t) {
		inputs, err := alert.Read([]byte(golden["json"]))
		check(t, err)
		check(t, n.Notify(t.Context(), inputs[0]))
		messages, err := alert.Messages(inputs[0], alert.Options{Least: alert.Least{People: alert.Never, Chat: alert.Never}})
		check(t, err)
		for _, x := range messages[0].Attributes {
			for _, v := range x.Values {
				if v == wanted[x.Name] {
					want[x.Name]++
				}
			}
		}
	}
	for attribute, queue := range queues {
		if got := len(a.received(queue)); got != want[attribute] || got == 0 {
			t.Errorf("filter on %s=%s: %d messages, want %d", attribute, wanted[attribute], got, want[attribute])
		}
	}
}
