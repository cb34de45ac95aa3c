package inspect_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"chimewatch/pkg/adapters/inspect"
	"chimewatch/pkg/adapters/inspect/inspecttest"
	"chimewatch/pkg/adapters/inspect/mototest"
	"chimewatch/pkg/doctor"
)

func examine(t *testing.T, cfg aws.Config, stack string) []doctor.Line {
	t.Helper()
	facts := inspect.New(cfg).Facts(t.Context(), inspect.Where{Region: inspecttest.Region, Regions: []string{"us-east-1", "eu-central-1"}, Stack: stack, Now: inspecttest.Now()})
	return doctor.Examine(facts)
}

func text(lines []doctor.Line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.Level.String() + ": " + l.Text + " | " + l.Remedy + "\n")
	}
	return b.String()
}

// In a healthy account every line is fine, or a note about a chat that nobody
// uses.
func TestHealthy(t *testing.T) {
	lines := examine(t, inspecttest.New(t).Config(), inspecttest.Name)
	if doctor.Worst(lines) > doctor.Note || len(lines) < 20 {
		t.Error(text(lines))
	}
	for _, want := range []string{"user/ops", "Trail in eu-central-1: management logs management events, reads and writes", "Rule chimewatch-denials in us-east-1: it is on and lets samples through",
		"Rule chimewatch-forward-denials in eu-central-1", "Last event: 2026-07-01 10:00 UTC", "Last alert: 2026-06-29 10:00 UTC", "Last summary: 2026-06-29 12:00 UTC", "Topic for people: 1 confirmed (email)"} {
		if !strings.Contains(text(lines), want) {
			t.Errorf("%q is not in\n%s", want, text(lines))
		}
	}
}

// Every way to break the set-up names the fault and what to do about it, and
// leaves the other lines as they were.
func TestBroken(t *testing.T) {
	selectors := func(readWrite string, excluded ...string) map[string]any {
		return map[string]any{"EventSelectors": []any{map[string]any{"ReadWriteType": readWrite, "IncludeManagementEvents": true, "ExcludeManagementEventSources": excluded}}}
	}
	advanced := func(fields ...map[string]any) map[string]any {
		return map[string]any{"AdvancedEventSelectors": []any{map[string]any{"FieldSelectors": fields}}}
	}
	management := map[string]any{"Field": "eventCategory", "Equals": []string{"Management"}}
	trail := func(w *inspecttest.World, change func(*inspecttest.Trail)) {
		for _, list := range w.Trails {
			for i := range list {
				change(&list[i])
			}
		}
	}
	const rule = "chimewatch-denials"
	tests := []struct {
		name         string
		break_       func(*inspecttest.World)
		level        doctor.Level
		want, remedy string
	}{
		{"no trail", func(w *inspecttest.World) { w.Trails = nil }, doctor.Fault, "Trail in us-east-1: there is no trail", "create-trail"},
		{"a trail in one Region only", func(w *inspecttest.World) { delete(w.Trails, "eu-central-1") }, doctor.Fault, "Trail in eu-central-1: there is no trail", "--is-multi-region-trail"},
		{"stopped", func(w *inspecttest.World) { trail(w, func(x *inspecttest.Trail) { x.Logging = false }) }, doctor.Fault, "no trail logs management events", "start it"},
		{"stopped, and how to start", func(w *inspecttest.World) { trail(w, func(x *inspecttest.Trail) { x.Logging = false }) }, doctor.Warning, "it does not log", "aws cloudtrail start-logging --name arn:aws:cloudtrail:us-east-1:111122223333:trail/management --region us-east-1"},
		{"writes only", func(w *inspecttest.World) {
			trail(w, func(x *inspecttest.Trail) { x.Selectors = selectors("WriteOnly") })
		}, doctor.Fault, "only writes are logged: denied List", "ReadWriteType All"},
		{"reads only", func(w *inspecttest.World) {
			trail(w, func(x *inspecttest.Trail) { x.Selectors = selectors("ReadOnly") })
		}, doctor.Fault, "only reads are logged", "log write events too"},
		{"writes only, advanced", func(w *inspecttest.World) {
			trail(w, func(x *inspecttest.Trail) {
				x.Selectors = advanced(management, map[string]any{"Field": "readOnly", "Equals": []string{"false"}})
			})
		}, doctor.Fault, "only writes are logged", "without readOnly"},
		{"Chime excluded", func(w *inspecttest.World) {
			trail(w, func(x *inspecttest.Trail) { x.Selectors = selectors("All", "chime.amazonaws.com") })
		}, doctor.Fault, "no trail logs management events of Chime", "put-event-selectors"},
		{"Chime excluded, advanced", func(w *inspecttest.World) {
			trail(w, func(x *inspecttest.Trail) {
				x.Selectors = advanced(management, map[string]any{"Field": "eventSource", "NotEquals": []string{"chime.amazonaws.com"}})
			})
		}, doctor.Fault, "no trail logs management events of Chime", "put-event-selectors"},
		{"data events only", func(w *inspecttest.World) {
			trail(w, func(x *inspecttest.Trail) {
				x.Selectors = advanced(map[string]any{"Field": "eventCategory", "Equals": []string{"Data"}})
			})
		}, doctor.Fault, "no trail logs management events", "put-event-selectors"},
		{"the bucket refuses", func(w *inspecttest.World) { trail(w, func(x *inspecttest.Trail) { x.DeliveryError = "AccessDenied" }) }, doctor.Warning, "can't deliver to its bucket: AccessDenied", "bucket's policy"},
		{"the organisation's trail", func(w *inspecttest.World) { trail(w, func(x *inspecttest.Trail) { x.Selectors = nil }) }, doctor.Unknown, "it is not known whether some trail logs", "management account"},

		{"not deployed", func(w *inspecttest.World) { w.Stack = "" }, doctor.Fault, `there is no stack "chimewatch" in us-east-1`, "make deploy"},
		{"deployment failed", func(w *inspecttest.World) { w.Stack = "ROLLBACK_COMPLETE" }, doctor.Fault, "is ROLLBACK_COMPLETE", "describe-stack-events"},
		{"update failed", func(w *inspecttest.World) { w.Stack = "UPDATE_ROLLBACK_FAILED" }, doctor.Fault, "is UPDATE_ROLLBACK_FAILED", "describe-stack-events"},

		{"rule gone", func(w *inspecttest.World) { delete(w.Rules["us-east-1"], rule) }, doctor.Fault, "Rule chimewatch-denials in us-east-1: it is not there", "deploy the stack again"},
		{"rule disabled", func(w *inspecttest.World) { w.Rules["us-east-1"][rule].State = "DISABLED" }, doctor.Fault, "it is disabled: no denied call arrives", "deploy the stack again"},
		{"rule re-enabled in the console", func(w *inspecttest.World) { w.Rules["us-east-1"][rule].State = "ENABLED" }, doctor.Fault, "denied List, Get and Describe calls never arrive", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"},
		{"rule without target", func(w *inspecttest.World) { w.Rules["us-east-1"][rule].Targets = 0 }, doctor.Fault, "it has no target", "deploy the stack again"},
		{"pattern changed", func(w *inspecttest.World) {
			r := w.Rules["us-east-1"][rule]
			r.Pattern = strings.Replace(r.Pattern, `{"exists":true}`, `"AccessDenied"`, 1)
		}, doctor.Fault, "does not let through: a denied ListChannelMessages, a denied DeleteChannelMessage", "deploy the stack again"},
		{"no forwarder", func(w *inspecttest.World) { w.Rules["eu-central-1"] = nil }, doctor.Warning, "denied calls in eu-central-1 are not seen", "infra/forwarder.yaml"},
		{"successes off", func(w *inspecttest.World) { w.Rules["us-east-1"]["chimewatch-critical-successes"].State = "DISABLED" }, doctor.Note, "parameter CriticalSuccesses", ""},

		{"dead letters", func(w *inspecttest.World) { w.Queues["DetectorDeadLetters"] = 7 }, doctor.Fault, "7 messages failed", "start-message-move-task"},
		{"a full queue", func(w *inspecttest.World) { w.Queues["DetectorQueue"] = 5000 }, doctor.Warning, "5000 messages wait", "throttled"},
		{"no TTL", func(w *inspecttest.World) { w.TTL = "DISABLED" }, doctor.Warning, "TTL is DISABLED", "update-time-to-live --table-name chimewatch-Table-1"},
		{"no backups", func(w *inspecttest.World) { w.PITR = "DISABLED" }, doctor.Warning, "point-in-time recovery is off", "update-continuous-backups"},
		{"no table", func(w *inspecttest.World) { w.NoTable = true }, doctor.Fault, "Table chimewatch-Table-1: it is not there", "restore"},
		{"schedule off", func(w *inspecttest.World) { w.Schedules["chimewatch-summary"] = "DISABLED" }, doctor.Fault, "Schedule chimewatch-summary: it is DISABLED: no summary is sent", "turn it on"},
		{"schedule gone", func(w *inspecttest.World) { delete(w.Schedules, "chimewatch-sweep") }, doctor.Fault, "Schedule chimewatch-sweep: it is not there: alerts that had to wait", "deploy the stack again"},
		{"not confirmed", func(w *inspecttest.World) { w.Topics["AlertTopicArn"] = [][2]string{{"email", "PendingConfirmation"}} }, doctor.Fault, "soc@example.com (email) has not confirmed", "open the link"},
		{"nobody subscribed", func(w *inspecttest.World) { w.Topics["AlertTopicArn"] = nil }, doctor.Fault, "nobody hears of an alert", "aws sns subscribe --topic-arn arn:aws:sns:us-east-1:111122223333:chimewatch-AlertTopicArn"},
		{"no summaries", func(w *inspecttest.World) { w.Reports = w.Reports[:1] }, doctor.Warning, "more than a week ago", "log of the function summary"},
		{"nothing seen", func(w *inspecttest.World) { w.Metrics = nil }, doctor.Note, "Last event: none in 14 days", ""},
	}
	healthy := examine(t, inspecttest.New(t).Config(), inspecttest.Name)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := inspecttest.New(t)
			tt.break_(w)
			lines := examine(t, w.Config(), inspecttest.Name)
			if !slices.ContainsFunc(lines, func(l doctor.Line) bool {
				return l.Level == tt.level && strings.Contains(l.Text, tt.want) && strings.Contains(l.Remedy, tt.remedy)
			}) {
				t.Errorf("not said: %q, remedy %q\n%s", tt.want, tt.remedy, text(lines))
			}
			added := 0
			for _, l := range lines {
				if l.Level >= doctor.Unknown && l.Remedy == "" {
					t.Errorf("no remedy: %s", l.Text)
				}
				if !slices.Contains(healthy, l) {
					added++
				}
			}
			if added > 8 {
				t.Errorf("%d lines changed\n%s", added, text(lines))
			}
		})
	}
}

// Whatever may not be read is said with the permission that is missing, and
// keeps nothing else from being read.
func TestDenied(t *testing.T) {
	w := inspecttest.New(t)
	examine(t, w.Config(), inspecttest.Name)
	healthy := examine(t, w.Config(), inspecttest.Name)
	for _, action := range w.Asked() {
		t.Run(action, func(t *testing.T) {
			w := inspecttest.New(t)
			w.Denied[action] = true
			lines := examine(t, w.Config(), inspecttest.Name)
			if !slices.ContainsFunc(lines, func(l doctor.Line) bool {
				return l.Level == doctor.Unknown && strings.Contains(l.Remedy, "allow "+action)
			}) {
				t.Errorf("not said\n%s", text(lines))
			}
			if doctor.Worst(lines) == doctor.Fault {
				t.Errorf("what may not be read is called a fault\n%s", text(lines))
			}
			if !strings.HasPrefix(action, "cloudformation:") && len(lines) < len(healthy)-6 {
				t.Errorf("%d lines are left of %d\n%s", len(lines), len(healthy), text(lines))
			}
		})
	}
}

// The policy that is printed allows what is asked, and nothing else.
func TestPolicyIsWhatIsAsked(t *testing.T) {
	w := inspecttest.New(t)
	examine(t, w.Config(), inspecttest.Name)
	var policy struct {
		Version   string
		Statement []struct {
			Sid, Effect string
			Action      []string
			Resource    string
		}
	}
	if err := json.Unmarshal([]byte(doctor.Policy("chimewatch", "chimewatch")), &policy); err != nil {
		t.Fatal(err)
	}
	allowed := []string{"sts:GetCallerIdentity"} // needs no permission
	for _, s := range policy.Statement {
		allowed = append(allowed, s.Action...)
		for _, a := range s.Action {
			if strings.Contains(a, "*") {
				t.Errorf("%s is wide", a)
			}
		}
	}
	slices.Sort(allowed)
	if got := w.Asked(); !slices.Equal(got, allowed) {
		t.Errorf("asked   %v\nallowed %v", got, allowed)
	}
}

// Another server's opinion on the reads, in an account where a trail logs and
// nothing is deployed.
func TestAgainstMoto(t *testing.T) {
	cfg := mototest.Start(t)
	lines := examine(t, cfg, "chimewatch")
	for _, want := range []string{"FAULT: Trail in us-east-1: there is no trail", "FAULT: Trail in eu-central-1: there is no trail", `FAULT: Deployment: there is no stack "chimewatch"`, "ok: Credentials: arn:aws:"} {
		if !strings.Contains(text(lines), want) {
			t.Errorf("%q is not in\n%s", want, text(lines))
		}
	}
	store := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := store.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("example-trail")}); err != nil {
		t.Fatal(err)
	}
	client := cloudtrail.NewFromConfig(cfg)
	if _, err := client.CreateTrail(t.Context(), &cloudtrail.CreateTrailInput{Name: aws.String("management"), S3BucketName: aws.String("example-trail"), IsMultiRegionTrail: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	if got := text(examine(t, cfg, "chimewatch")); !strings.Contains(got, "warning: Trail in us-east-1, management: it does not log") {
		t.Error(got)
	}
	if _, err := client.StartLogging(t.Context(), &cloudtrail.StartLoggingInput{Name: aws.String("management")}); err != nil {
		t.Fatal(err)
	}
	if got := text(examine(t, cfg, "chimewatch")); !strings.Contains(got, "ok: Trail in us-east-1: management logs management events, reads and writes") {
		t.Error(got)
	}
}
