package pipeline_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"chimewatch/pkg/adapters/memstore"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/config"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

// scan is the records of a role that is refused twelve operations in an hour,
// and of whatever else is asked for.
func scan(extra ...string) []pipeline.Item {
	ops := []string{
		"ListChannels", "ListChannelMessages", "DescribeChannel", "GetChannelMessage", "ListChannelBans", "ListChannelFlows",
		"ListAppInstances", "ListAppInstanceUsers", "DescribeAppInstance", "SearchChannels", "ListChannelModerators", "ListTagsForResource",
	}
	var items []pipeline.Item
	for i, op := range append(ops, extra...) {
		r := fmt.Sprintf(`{"eventVersion":"1.11","eventID":"e%d","eventTime":"2026-03-18T10:%02d:00Z","eventSource":"chime.amazonaws.com","eventName":%q,
			"awsRegion":"us-east-1","sourceIPAddress":"10.0.0.8","errorCode":"AccessDeniedException","recipientAccountId":"111122223333",
			"requestParameters":{"resourceARN":"arn:aws:chime:us-east-1:111122223333:app-instance/a"},
			"userIdentity":{"type":"AssumedRole","accountId":"111122223333","arn":"arn:aws:sts::111122223333:assumed-role/scanner/s"}}`, i, i, op)
		rec, err := cloudtrail.Decode([]byte(r))
		items = append(items, pipeline.Item{Record: rec, Err: err})
	}
	return items
}

// A suppression silences an incident only if it covers all of it, and then it is
// counted as ever and listed.
func TestSilencedIncidents(t *testing.T) {
	until := config.Date{Time: time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC)}
	scanner := config.Suppression{Name: "scanner", Until: until, Principal: "arn:aws:iam::111122223333:role/scanner"}
	one := config.Suppression{Name: "one operation", Until: until, Operation: "ListChannels"}
	rule := config.Suppression{Name: "one rule", Until: until, Rule: detect.OperationEnumeration}
	for name, tt := range map[string]struct {
		suppressions []config.Suppression
		want         string
	}{
		"none":                         {nil, ""},
		"covers all":                   {[]config.Suppression{one, scanner}, "scanner"},
		"covers one call of several":   {[]config.Suppression{one}, ""},
		"covers one rule of several":   {[]config.Suppression{rule}, ""},
		"the first that covers counts": {[]config.Suppression{scanner, {Name: "later", Until: until, Principal: "arn:aws:iam::*:role/*"}}, "scanner"},
	} {
		t.Run(name, func(t *testing.T) {
			c := config.Default()
			c.Suppressions = tt.suppressions
			a, err := pipeline.NewAnalyzer(c, memstore.New(tally.NewHasher([]byte("s"))))
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Add(context.Background(), scan()); err != nil {
				t.Fatal(err)
			}
			out, err := a.Analyze(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if len(out.Incidents) != 1 || out.Incidents[0].Silenced != tt.want {
				t.Fatalf("incidents %+v, want one silenced by %q", out.Incidents, tt.want)
			}
			if out.Records.Denials != 12 || out.Incidents[0].Denials == 0 {
				t.Errorf("silenced denials must be counted: %+v", out.Records)
			}
			if len(out.Silenced) != len(tt.suppressions) {
				t.Fatalf("%d suppressions are listed, want %d", len(out.Silenced), len(tt.suppressions))
			}
			for _, s := range out.Silenced {
				if (s.Suppression == tt.want) != (len(s.Incidents) == 1 && s.Denials > 0) {
					t.Errorf("suppression %+v", s)
				}
			}
		})
	}
}
