package templatetest

import (
	"encoding/json"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"chimewatch/pkg/chime"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
)

// rulesOf returns the patterns by which calls reach the detector or the bus.
func rulesOf(t *testing.T, file string, parameters map[string]string) []map[string]any {
	t.Helper()
	template, err := Load([]byte(read(t, file)))
	if err != nil {
		t.Fatal(err)
	}
	resources, err := template.Resolve(parameters)
	if err != nil {
		t.Fatal(err)
	}
	var patterns []map[string]any
	for _, r := range resources {
		if r.Type == "AWS::Events::Rule" && !isGuard(r) {
			patterns = append(patterns, mapOf(r.Properties["EventPattern"]))
		}
	}
	return patterns
}

// What the code counts comes through a rule, whatever else is in the record:
// each record is decoded and classified by the product, and matched as the
// event that EventBridge would see.
func TestRulesLetThroughWhatCounts(t *testing.T) {
	least := map[string]string{"TargetBusArn": everything()["TargetBusArn"]}
	configured := map[string]string{"TargetBusArn": least["TargetBusArn"], "EventSources": "chime.amazonaws.com, novel.amazonaws.com"}
	novel, err := chime.NewScope([]string{"chime.amazonaws.com", "novel.amazonaws.com"}, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, file string
		parameters map[string]string
		scope      chime.Scope
	}{
		{"deployed", templateFile, least, chime.DefaultScope()},
		{"deployed with other sources", templateFile, configured, novel},
		{"forwarder", forwarderFile, least, chime.DefaultScope()},
		{"forwarder with other sources", forwarderFile, configured, novel},
	} {
		t.Run(tt.name, func(t *testing.T) {
			patterns := rulesOf(t, tt.file, tt.parameters)
			counted := 0
			rapid.Check(t, func(t *rapid.T) {
				event := randomEvent(t)
				raw, err := json.Marshal(event["detail"])
				if err != nil {
					t.Fatal(err)
				}
				record, err := cloudtrail.Decode(raw)
				if err != nil || !tt.scope.Messaging(&record) {
					return
				}
				call := denial.Classify(&record)
				if !slices.Contains([]denial.Outcome{denial.Refused, denial.Unavailable}, call.Outcome) && (call.Outcome != denial.Success || !call.Critical) {
					return
				}
				// The successes of critical operations come as API calls only.
				if call.Outcome == denial.Success {
					event["detail-type"] = detailTypes()[0]
				}
				counted++
				if !slices.ContainsFunc(patterns, func(p map[string]any) bool { return Matches(p, event) }) {
					t.Fatalf("counted, but let through by no rule: %s", raw)
				}
			})
			if counted == 0 {
				t.Error("no random record counted: the test shows nothing")
			}
		})
	}
}

// Whoever may put events on the bus can copy a real one, but not its source:
// PutEvents refuses every source that begins with "aws.",
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html
// No rule of the product lets another one through.
func TestForgedEventsMatchNothing(t *testing.T) {
	for _, file := range []string{templateFile, forwarderFile} {
		patterns := rulesOf(t, file, map[string]string{"TargetBusArn": everything()["TargetBusArn"]})
		for _, op := range chime.Operations() {
			for _, code := range []string{"", "AccessDeniedException"} {
				if code == "" && !op.Critical {
					continue
				}
				event := Event(detailTypes()[0], chime.DefaultSources()[0], op.Name, code)
				lets := func(p map[string]any) bool { return Matches(p, event) }
				if !slices.ContainsFunc(patterns, lets) {
					t.Fatalf("%s: the real event of %s with code %q comes through no rule", file, op.Name, code)
				}
				for _, source := range []any{"my.aws.chime", "chime", "AWS.chime", "aws", "aws_chime", "", " aws.chime", nil, []any{"chime", "x"}} {
					event["source"] = source
					if slices.ContainsFunc(patterns, lets) {
						t.Errorf("%s: %s with code %q and the forged source %q comes through", file, op.Name, code, source)
					}
				}
			}
		}
	}
}

// randomEvent draws an event whose record may be in scope and refused, or just
// not.
func randomEvent(t *rapid.T) map[string]any {
	operations := []string{"CreateBucket", "listchannels", "", "ListChannels", "PutMessagingStreamingConfigurations", "TagResource"}
	for _, op := range chime.Operations() {
		operations = append(operations, op.Name)
	}
	sources := append(chime.DefaultSources(), "novel.amazonaws.com", "s3.amazonaws.com", "Chime.amazonaws.com")
	plain := rapid.Bool().Draw(t, "plain") // a refused call as there are many: some of all have to count
	if plain {
		operations, sources = operations[len(operations)-len(chime.Operations()):], chime.DefaultSources()
	}
	event := Event(
		rapid.SampledFrom(detailTypes()[:2]).Draw(t, "detail-type"),
		rapid.SampledFrom(sources).Draw(t, "eventSource"),
		rapid.SampledFrom(operations).Draw(t, "eventName"), "")
	detail := mapOf(event["detail"])
	codes := []any{"", "Throttling", rapid.String().Draw(t, "code")}
	if plain {
		codes = nil
	}
	for _, code := range Codes() {
		codes = append(codes, code)
	}
	if plain || rapid.Bool().Draw(t, "failed") {
		detail["errorCode"] = rapid.SampledFrom(codes).Draw(t, "errorCode")
		detail["errorMessage"] = rapid.SampledFrom([]any{nil, "", "not enabled", rapid.String().Draw(t, "message"),
			"User: arn:aws:iam::111122223333:user/a is not authorized to perform: chime:ListChannels because no VPC endpoint policy allows the chime:ListChannels action"}).Draw(t, "errorMessage")
	}
	detail["requestParameters"] = rapid.SampledFrom([]any{nil, map[string]any{}, "cut",
		map[string]any{"resourceARN": "arn:aws:chime:us-east-1:111122223333:app-instance/a/channel/b"}}).Draw(t, "requestParameters")
	for _, name := range []string{"userAgent", "sourceIPAddress", "vpcEndpointId"} {
		if rapid.Bool().Draw(t, name+" is there") {
			detail[name] = rapid.String().Draw(t, name)
		}
	}
	return event
}

// The rule for successes asks for the critical operations, one by one.
func TestCriticalSuccessesAreTheCriticalOperations(t *testing.T) {
	var critical []string
	for _, op := range chime.Operations() {
		if op.Critical {
			critical = append(critical, op.Name)
		}
	}
	for file, id := range map[string]string{templateFile: "CriticalSuccessesRule", forwarderFile: "ForwardCriticalSuccesses"} {
		template, err := Load([]byte(read(t, file)))
		if err != nil {
			t.Fatal(err)
		}
		resources, err := template.Resolve(map[string]string{"TargetBusArn": everything()["TargetBusArn"]})
		if err != nil {
			t.Fatal(err)
		}
		names := textsOf(mapOf(mapOf(resources[id].Properties["EventPattern"])["detail"])["eventName"])
		if !slices.Equal(names, critical) {
			t.Errorf("%s asks for\n%q, want\n%q", id, names, critical)
		}
	}
}

// The event sources of the template, the forwarder and the code are the same.
func TestEventSources(t *testing.T) {
	for _, file := range []string{templateFile, forwarderFile} {
		template, err := Load([]byte(read(t, file)))
		if err != nil {
			t.Fatal(err)
		}
		got := mapOf(mapOf(template.root["Parameters"])["EventSources"])["Default"]
		want := ""
		for i, source := range chime.DefaultSources() {
			if i > 0 {
				want += ","
			}
			want += source
		}
		if got != want {
			t.Errorf("%s: EventSources is %v, want %s", file, got, want)
		}
	}
}
