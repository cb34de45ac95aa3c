package endtoend

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"chimewatch/infra/templatetest"
	"chimewatch/pkg/adapters/awsconf"
	"chimewatch/pkg/adapters/lookupevents/lookuptest"
)

const (
	region  = "us-east-1"
	trailed = "trail-logs" // the bucket with the log files
)

// parameters is what the stack is deployed with.
func parameters() map[string]string {
	return map[string]string{"LogBuckets": trailed, "Drill": "enabled", "AlertsPerHour": "1000"}
}

// stack is what scripts/create.py made of the template.
type stack struct {
	Resources map[string]string // physical ids
	Secrets   map[string]string
	Functions map[string]function
	Roles     map[string][]statement
}

type function struct {
	Name, Role  string
	Environment map[string]any
}

type statement struct {
	Effect           string
	Action, Resource texts
}

// texts is a text or a list of them.
type texts []string

func (x *texts) UnmarshalJSON(b []byte) error {
	var one string
	if err := json.Unmarshal(b, &one); err == nil {
		*x = texts{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(x))
}

// world is the deployment and what it stands on.
type world struct {
	t            *testing.T
	moto, dynamo string // addresses
	stack        stack
	declared     map[string]templatetest.Resource // what the template says
	lookups      *lookuptest.Server
	calls        *record

	sqs    *sqs.Client
	sns    *sns.Client
	s3     *s3.Client
	events *eventbridge.Client
	db     *dynamodb.Client
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, moto: startMoto(t), dynamo: startDynamoDB(t), lookups: lookuptest.New(t), calls: newRecord()}
	args := []string{"--server", w.moto, filepath.Join(root, "template.yaml")}
	for name, value := range parameters() {
		args = append(args, name+"="+value)
	}
	create := exec.Command(filepath.Join(root, "scripts/create.py"), args...)
	create.Stderr = os.Stderr
	out, err := create.Output()
	if err != nil {
		t.Fatalf("creating the stack in moto: %v", err)
	}
	if err := json.Unmarshal(out, &w.stack); err != nil {
		t.Fatalf("what was created: %v\n%s", err, out)
	}
	source, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	template, err := templatetest.Load(source)
	if err != nil {
		t.Fatal(err)
	}
	if w.declared, err = template.Resolve(parameters()); err != nil {
		t.Fatal(err)
	}
	w.clients()
	w.table()
	w.logBucket()
	return w
}

func (w *world) clients() {
	keys := credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")
	turns := &inTurn{}
	w.sqs = sqs.New(sqs.Options{Region: region, Credentials: keys, BaseEndpoint: &w.moto, HTTPClient: awsconf.Whole(turns)})
	w.sns = sns.New(sns.Options{Region: region, HTTPClient: awsconf.Whole(nil), Credentials: keys, BaseEndpoint: &w.moto})
	w.s3 = s3.New(s3.Options{Region: region, Credentials: keys, BaseEndpoint: &w.moto, UsePathStyle: true})
	w.events = eventbridge.New(eventbridge.Options{Region: region, Credentials: keys, BaseEndpoint: &w.moto, HTTPClient: awsconf.Whole(turns)})
	w.db = dynamodb.New(dynamodb.Options{Region: region, HTTPClient: awsconf.Whole(nil), Credentials: keys, BaseEndpoint: &w.dynamo})
}

// inTurn makes one request at a time: moto's queues lose messages that are sent
// while others are deleted.
type inTurn struct{ mu sync.Mutex }

func (c *inTurn) Do(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return http.DefaultClient.Do(r)
}

// table makes the template's table in DynamoDB Local: moto's transactions fail
// when there are several at a time.
func (w *world) table() {
	w.t.Helper()
	p := w.declared["Table"].Properties
	in := &dynamodb.CreateTableInput{TableName: aws.String(w.stack.Resources["Table"]), BillingMode: dynamotypes.BillingMode(fmt.Sprint(p["BillingMode"]))}
	for _, a := range p["AttributeDefinitions"].([]any) {
		in.AttributeDefinitions = append(in.AttributeDefinitions, dynamotypes.AttributeDefinition{
			AttributeName: aws.String(field(a, "AttributeName")), AttributeType: dynamotypes.ScalarAttributeType(field(a, "AttributeType")),
		})
	}
	for _, k := range p["KeySchema"].([]any) {
		in.KeySchema = append(in.KeySchema, dynamotypes.KeySchemaElement{AttributeName: aws.String(field(k, "AttributeName")), KeyType: dynamotypes.KeyType(field(k, "KeyType"))})
	}
	ctx := context.Background()
	if _, err := w.db.CreateTable(ctx, in); err != nil {
		w.t.Fatalf("the template's table: %v", err)
	}
	_, err := w.db.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{TableName: in.TableName, TimeToLiveSpecification: &dynamotypes.TimeToLiveSpecification{
		AttributeName: aws.String(field(p["TimeToLiveSpecification"], "AttributeName")), Enabled: aws.Bool(true),
	}})
	if err != nil {
		w.t.Fatalf("the template's table: %v", err)
	}
}

// logBucket makes the bucket of a trail, which tells EventBridge of new files.
func (w *world) logBucket() {
	w.t.Helper()
	ctx := context.Background()
	if _, err := w.s3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(trailed)}); err != nil {
		w.t.Fatal(err)
	}
	_, err := w.s3.PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{
		Bucket: aws.String(trailed), NotificationConfiguration: &s3types.NotificationConfiguration{EventBridgeConfiguration: &s3types.EventBridgeConfiguration{}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// subscriber subscribes a new queue to a topic and returns its URL.
func (w *world) subscriber(topic string) string {
	w.t.Helper()
	ctx := context.Background()
	queue, err := w.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("subscriber-of-" + topic)})
	if err != nil {
		w.t.Fatal(err)
	}
	_, err = w.sns.Subscribe(ctx, &sns.SubscribeInput{
		TopicArn: aws.String(w.stack.Resources[topic]), Protocol: aws.String("sqs"), Endpoint: aws.String(w.arn(*queue.QueueUrl)),
		Attributes: map[string]string{"RawMessageDelivery": "true"},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return *queue.QueueUrl
}

// arn returns the ARN of a queue by its URL.
func (w *world) arn(url string) string {
	w.t.Helper()
	out, err := w.sqs.GetQueueAttributes(context.Background(), &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameQueueArn}})
	if err != nil {
		w.t.Fatal(err)
	}
	return out.Attributes[string(sqstypes.QueueAttributeNameQueueArn)]
}

// environment returns what a function gets from the template.
func (w *world) environment(id string) map[string]string {
	env := map[string]string{
		"AWS_REGION": region, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_LAMBDA_FUNCTION_NAME": w.stack.Functions[id].Name,
	}
	for name, value := range w.stack.Functions[id].Environment {
		env[name] = fmt.Sprint(value)
	}
	// CloudFormation resolves it, moto does not.
	if !strings.Contains(env["CHIMEWATCH_HASH_SECRET"], "resolve:secretsmanager:") {
		w.t.Fatalf("the hash secret does not come from Secrets Manager: %q", env["CHIMEWATCH_HASH_SECRET"])
	}
	env["CHIMEWATCH_HASH_SECRET"] = w.stack.Secrets["HashSecret"]
	return env
}

// field returns a field of a mapping as text.
func field(m any, name string) string {
	fields, _ := m.(map[string]any)
	return fmt.Sprint(fields[name])
}
