package backtest

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/principal"
)

var start = time.Date(2026, 3, 18, 10, 0, 0, 0, time.UTC)

// refusal is a denial of an IAM user, some seconds after the start.
func refusal(seconds int, code string) denial.Call {
	return denial.Call{
		Key:  cloudtrail.Key{Account: "111122223333", EventID: fmt.Sprintf("%06d", seconds)},
		Time: start.Add(time.Duration(seconds) * time.Second), Outcome: denial.Refused, ErrorCode: code,
		Principal: principal.Principal{Key: "arn:aws:iam::111122223333:user/ann", Type: "IAMUser"},
		Source:    netip.MustParseAddr("203.0.113.7"), SourceName: "203.0.113.7", AccessKey: "AKIA1", UserAgent: "aws-cli/2.1",
	}
}

// Each rule alerts at its threshold within its window, and not one below; the
// definitions are at the sources that Rules names.
func TestPublishedThresholds(t *testing.T) {
	tests := []struct {
		rule   string
		code   string
		n      int
		every  int // seconds
		alerts int
	}{
		{"CIS metric filter", "AccessDeniedException", 1, 0, 1},
		{"CIS metric filter", "ForbiddenException", 1, 0, 0},
		{"CIS metric filter, generous", "ForbiddenException", 1, 0, 1},
		{"CIS metric filter", "AccessDenied", 100, 60, 1},  // never five quiet minutes
		{"CIS metric filter", "AccessDenied", 10, 300, 10}, // always
		{"Panther UnauthorizedAPICall", "AccessDenied", 19, 60, 0},
		{"Panther UnauthorizedAPICall", "AccessDenied", 20, 60, 1},
		{"Panther UnauthorizedAPICall", "AccessDenied", 400, 60, 1},
		{"Panther UnauthorizedAPICall", "AccessDeniedException", 400, 60, 0},
		{"Panther UnauthorizedAPICall, generous", "AccessDeniedException", 20, 60, 1},
		{"Panther ReconAccessDenied", "AccessDenied", 100, 1, 0}, // of other services
		{"Panther ReconAccessDenied, generous", "AccessDenied", 15, 40, 1},
		{"Panther ReconAccessDenied, generous", "AccessDenied", 14, 40, 0},
		{"Panther ReconAccessDenied, generous", "AccessDenied", 15, 60, 0},
		{"Splunk AccessDenied discovery", "AccessDenied", 5, 600, 1},
		{"Splunk AccessDenied discovery", "AccessDenied", 4, 600, 0},
		{"Sentinel UserIAMEnumeration, generous", "AccessDenied", 51, 1, 1},
		{"Sentinel UserIAMEnumeration, generous", "AccessDenied", 50, 1, 0},
		{"Elastic principal enumeration, generous", "AccessDenied", 25, 10, 1},
		{"Elastic principal enumeration, generous", "AccessDenied", 24, 10, 0},
		{"suzaku AccessDenied correlation", "AccessDenied", 10, 60, 1},
		{"suzaku AccessDenied correlation", "AccessDenied", 9, 60, 0},
		{"every denial, 15 minutes together", "Forbidden", 1, 0, 1},
		{"every denial, 15 minutes together", "Forbidden", 31, 60, 3},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s, %d %s every %d s", tt.rule, tt.n, tt.code, tt.every), func(t *testing.T) {
			i := slices.IndexFunc(Rules(), func(p Published) bool { return p.Name == tt.rule })
			if i < 0 {
				t.Fatal("there is no such rule")
			}
			p := published{Published: Rules()[i], calls: map[string][]matched{}}
			for k := range tt.n {
				c := refusal(k*tt.every, tt.code)
				p.add(&c)
			}
			if got := p.alerts(); len(got) != tt.alerts {
				t.Errorf("%d alerts, want %d", len(got), tt.alerts)
			}
		})
	}
}

// What a rule counts while it keeps quiet belongs to the alert before, and the
// order in which records come does not matter.
func TestPublishedGroups(t *testing.T) {
	p := published{Published: Rules()[len(Rules())-1], calls: map[string][]matched{}}
	for _, s := range []int{1200, 60, 0, 899} {
		c := refusal(s, "Forbidden")
		p.add(&c)
	}
	got := p.alerts()
	if len(got) != 2 || !slices.Equal(got[0].Events, []string{"000000", "000060", "000899"}) || !slices.Equal(got[1].Events, []string{"001200"}) {
		t.Errorf("alerts %+v", got)
	}
}
