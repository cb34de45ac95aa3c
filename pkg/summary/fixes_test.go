package summary_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/summary"
)

// What belongs to another account is told apart from what is lacking, and no
// policy is proposed that would change nothing.
func TestFixesAcrossAccounts(t *testing.T) {
	s := newScene(t, week(t, "2026-W26"))
	backend := who{role("load-test"), "AssumedRole", ""}
	own := s.refuse(backend, "ListChannels", denial.IAM, s.at(30), time.Minute, 5)
	for i := range own {
		own[i].Resource = "arn:aws:chime:us-east-1:" + account + ":app-instance/7c5a"
	}
	others := s.refuse(backend, "SendChannelMessage", denial.IAM, s.at(31), time.Minute, 5)
	for i := range others {
		others[i].Resource = "arn:aws:chime:us-east-1:444455556666:app-instance/7c5a/channel/1"
	}
	s.refs(slices.Concat(own, others))
	fixes := s.report().Fixes
	if len(fixes) != 2 {
		t.Fatalf("fixes %+v", fixes)
	}
	slices.SortFunc(fixes, func(a, b summary.Fix) int { return strings.Compare(a.Missing[0], b.Missing[0]) })
	if f := fixes[0]; f.Sentence != "1 role lacks chime:ListChannels" || !strings.Contains(f.Policy, `"chime:ListChannels"`) {
		t.Errorf("of its own account: %+v", f)
	}
	if f := fixes[1]; f.Sentence != "1 role is refused chime:SendChannelMessage on what belongs to the account 444455556666, which no policy of its own account allows" || f.Policy != "" {
		t.Errorf("of another account: %+v", f)
	}
}
