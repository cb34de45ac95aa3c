package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	minidyn "github.com/truora/minidyn/server"

	"chimewatch/pkg/adapters/awsconf"
	"chimewatch/pkg/adapters/dynamostore"
	"chimewatch/pkg/adapters/inspect/inspecttest"
	"chimewatch/pkg/alert"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/config"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

// julyClock stands still.
type julyClock struct{}

func (julyClock) Now() time.Time { return july() }

// nobody is told.
type nobody struct{}

func (nobody) Notify(context.Context, alert.Input) error        { return nil }
func (nobody) NotifyDigest(context.Context, alert.Digest) error { return nil }

// deployedTable is the table of a deployment, behind the protocol of DynamoDB,
// and what puts records into it.
func deployedTable(t *testing.T, name string) (endpoint string, process func(records ...string)) {
	t.Helper()
	server := httptest.NewUnstartedServer(minidyn.NewServer())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	client := dynamodb.New(dynamodb.Options{
		Region: "us-east-1", HTTPClient: awsconf.Whole(nil), BaseEndpoint: aws.String(server.URL), Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	})
	if _, err := client.CreateTable(t.Context(), dynamostore.Table(name)); err != nil {
		t.Fatal(err)
	}
	c := dynamostore.DefaultConfig(name)
	c.Hasher, c.Now, c.Random = tally.NewHasher([]byte("the deployment's secret")), july, rand.Uint64
	store, err := dynamostore.New(client, c)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := pipeline.NewEngine(config.Default(), store, c.Hasher, nobody{}, julyClock{}, pipeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return server.URL, func(records ...string) {
		t.Helper()
		var m pipeline.Message
		for _, r := range records {
			rec, err := cloudtrail.Decode([]byte(r))
			m.Items = append(m.Items, pipeline.Item{Record: rec, Err: err})
		}
		out, err := engine.Process(t.Context(), []pipeline.Message{m})
		if err != nil || len(out.Failed) > 0 {
			t.Fatalf("%v %v", err, out.Failed)
		}
		if _, _, err := engine.Sweep(t.Context(), 100); err != nil {
			t.Fatal(err)
		}
	}
}

// deniedCall is a denied call by a user, some minutes before July the first, noon.
func deniedCall(id string, minutes int, who, operation, extra string) string {
	return fmt.Sprintf(`{"eventVersion":"1.11","eventID":%q,"eventTime":%q,"eventSource":"chime.amazonaws.com","eventName":%q,"awsRegion":"us-east-1","sourceIPAddress":"203.0.113.7",
		"errorCode":"AccessDeniedException","errorMessage":"User: x is not authorized to perform: chime:%s %s","recipientAccountId":"111122223333",
		"userIdentity":{"type":"IAMUser","accountId":"111122223333","arn":"arn:aws:iam::111122223333:user/%s"}}`, id, july().Add(-time.Duration(minutes)*time.Minute).Format(time.RFC3339), operation, operation, extra, who)
}

// Incidents of the deployed table are listed and shown, people note what they
// do about them, and what comes afterwards opens a closed one again.
func TestFindings(t *testing.T) {
	world := inspecttest.New(t)
	endpoint, process := deployedTable(t, "chimewatch-Table-1") // as the stack's output says
	withCredentials(t, "AWS_ENDPOINT_URL", world.URL, "AWS_ENDPOINT_URL_DYNAMODB", endpoint)
	findings := func(args ...string) result {
		return chimewatch(t, "", append([]string{"findings", "--since", "1d"}, args...)...)
	}
	if got := findings("list"); got.status != 0 || got.stdout != "No incident was raised since 1d.\n" {
		t.Fatalf("%+v", got)
	}
	process(deniedCall("e1", 90, "eve", "CreateAppInstanceAdmin", ""), deniedCall("e2", 80, "mallory", "DeleteChannel", ""))

	got := findings("list")
	id := regexp.MustCompile(`(?m)^(i-[0-9a-f]{20})  HIGH user/eve: `).FindStringSubmatch(got.stdout)
	if got.status != 0 || got.stderr != "" || id == nil || strings.Count(got.stdout, "; open\n") != 2 {
		t.Fatalf("%+v", got)
	}
	got = findings("show", id[1])
	for _, want := range []string{id[1] + "  HIGH user/eve", "; open\n", "DO NOW", "CreateAppInstanceAdmin", "EVIDENCE (1 CloudTrail event"} {
		if got.status != 0 || !strings.Contains(got.stdout, want) {
			t.Errorf("show lacks %q: %+v", want, got)
		}
	}

	got = findings("ack", id[1], "--why", "asking eve\x1b[2J\nnow")
	if want := "; acknowledged by arn:aws:iam::111122223333:user/ops on 2026-07-01 12:00: asking eve"; got.status != 0 || !strings.Contains(got.stdout, want) ||
		!strings.HasSuffix(got.stdout, "\nIts updates are told only if it becomes graver than high; they are counted as ever.\n") || strings.Contains(got.stdout, "\x1b") || strings.Count(got.stdout, "\n") != 3 {
		t.Errorf("%+v", got)
	}
	got = findings("close", id[1], "--why", "it was a test", "--by", "jane")
	if !strings.Contains(got.stdout, "; closed by jane on 2026-07-01 12:00: it was a test\nWhat comes after this opens it again") {
		t.Errorf("%+v", got)
	}
	if got = findings("list"); strings.Contains(got.stdout, "user/eve") || !strings.Contains(got.stdout, "1 incident is not shown: closed") {
		t.Errorf("%+v", got)
	}
	if got = findings("list", "--closed", "--min-severity", "critical"); !strings.Contains(got.stdout, "2 incidents are not shown") {
		t.Errorf("%+v", got)
	}

	// The engine decides anew; what people did stays.
	process(deniedCall("e3", 5, "eve", "DeleteAppInstance", ""), deniedCall("e4", 4, "eve", "DeleteChannel", ""))
	got = findings("list")
	if !strings.Contains(got.stdout, "; reopened, closed before by jane on 2026-07-01 12:00: it was a test\n") {
		t.Errorf("%+v", got)
	}
	got = findings("show", id[1])
	if !strings.Contains(got.stdout, "    before: acknowledge by arn:aws:iam::111122223333:user/ops on") || !strings.Contains(got.stdout, "DeleteAppInstance") {
		t.Errorf("%+v", got)
	}
	got = findings("list", "--format", "json")
	var all []listed
	if err := json.Unmarshal([]byte(got.stdout), &all); err != nil || len(all) != 2 {
		t.Fatalf("%v, %+v", err, got)
	}
	if eve := all[0]; eve.ID != id[1] || eve.Status != "reopened" || len(eve.Acts) != 2 || eve.Acts[0].Why != "asking eve\x1b[2J\nnow" || eve.Severity != "high" {
		t.Errorf("%+v", eve)
	}

	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"ack", id[1]}, "--why: is missing"},
		{[]string{"ack", id[1], "--why", strings.Repeat("x", 2001)}, "more than 2000 bytes"},
		{[]string{"ack", "--why", "x"}, "name one incident by its id"},
		{[]string{"close", "i-none", "--why", "x"}, `no incident "i-none" was raised since 1d`},
		{[]string{"show", "i-none\x1b"}, `no incident "i-none\x1b"`},
		{[]string{"list", "--min-severity", "grave"}, `--min-severity: "grave"`},
		{[]string{"list", "--format", "xml"}, `--format: "xml" is not one of text, json`},
		{[]string{"list", "--stack", "chat"}, `there is no stack "chat" in us-east-1 with the output TableName`},
		{[]string{"list", "--since", "soon"}, `--since: "soon" is no time`},
		{[]string{"drop"}, `there is no command "drop"; there are chimewatch findings list, show, ack and close`},
	} {
		if got := findings(tt.args...); got.status != 2 || !strings.Contains(got.stderr, tt.want) || got.stdout != "" || strings.Contains(got.stderr, "\x1b") {
			t.Errorf("%q: %+v, want %q", tt.args, got, tt.want)
		}
	}
}

// A roll-out is found and handled too, though the secret that the deployment
// hashes with is not known here: its partition is named by a hash.
func TestFindingsOfRollout(t *testing.T) {
	endpoint, process := deployedTable(t, "table")
	withCredentials(t, "AWS_ENDPOINT_URL_DYNAMODB", endpoint)
	var records []string
	for i := range 12 {
		records = append(records, deniedCall(fmt.Sprint("e", i), 120+i, fmt.Sprintf("user-%02d", i), "ListChannels",
			"with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-x/service_control_policy/p-12345678"))
	}
	process(records...)
	findings := func(args ...string) result {
		return chimewatch(t, "", append([]string{"findings", "--table", "table", "--since", "1d"}, args...)...)
	}
	got := findings("list")
	id := regexp.MustCompile(`(?m)^(i-[0-9a-f]{20})  LOW policy p-12345678: `).FindStringSubmatch(got.stdout)
	if id == nil {
		t.Fatalf("%+v", got)
	}
	if got = findings("close", id[1], "--why", "it was meant", "--by", "jane"); got.status != 0 {
		t.Errorf("%+v", got)
	}
	if got = findings("show", id[1]); !strings.Contains(got.stdout, "; closed by jane") || !strings.Contains(got.stdout, "ALL PRINCIPALS (12)") || strings.Count(got.stdout, "user/user-11") < 2 {
		t.Errorf("%+v", got)
	}
}
