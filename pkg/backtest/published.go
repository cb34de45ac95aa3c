package backtest

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"chimewatch/pkg/denial"
)

// Published is a rule that somebody has published, as far as it says which
// records it counts, together with what, and when it alerts.
type Published struct {
	Name   string
	Source string // URL of the definition

	match     func(*denial.Call) bool
	key       func(*denial.Call) string // what is counted together
	threshold int
	window    time.Duration // in which the threshold must be reached
	quiet     time.Duration // after an alert in which no other one goes out
	rolling   bool          // the quiet time begins anew with every record
}

// Rules returns the published rules, each followed by its generous variant.
func Rules() []Published {
	const (
		panther = "https://github.com/panther-labs/panther-analysis/blob/main/rules/aws_cloudtrail_rules/"
		minute  = time.Minute
	)
	var out []Published
	add := func(p Published) {
		g := p
		g.Name, g.match = p.Name+", generous", refused
		out = append(out, p, g)
	}
	add(Published{
		Name: "CIS metric filter", Source: "https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html#cloudwatch-2",
		match: func(c *denial.Call) bool {
			return strings.HasSuffix(c.ErrorCode, "UnauthorizedOperation") || strings.HasPrefix(c.ErrorCode, "AccessDenied")
		},
		key: func(c *denial.Call) string { return c.Key.Account }, threshold: 1, window: 5 * minute, quiet: 5 * minute, rolling: true,
	})
	add(Published{
		Name: "Panther UnauthorizedAPICall", Source: panther + "aws_unauthorized_api_call.yml",
		match: func(c *denial.Call) bool { return c.ErrorCode == "AccessDenied" && c.Source.IsValid() },
		key:   principalOf, threshold: 20, window: 1440 * minute, quiet: 1440 * minute,
	})
	add(Published{
		Name: "Panther ReconAccessDenied", Source: panther + "aws_iam_user_recon_denied.yml",
		// The services that it names have no Chime among them.
		match: never, key: principalOf, threshold: 15, window: 10 * minute, quiet: 10 * minute,
	})
	add(Published{
		Name: "Splunk AccessDenied discovery", Source: "https://research.splunk.com/cloud/3e1f1568-9633-11eb-a69c-acde48001122/",
		match: func(c *denial.Call) bool {
			return c.ErrorCode == "AccessDenied" && c.Principal.Type == "IAMUser" && !strings.HasSuffix(c.UserAgent, ".amazonaws.com")
		},
		key: func(c *denial.Call) string { return c.SourceName + " " + c.Principal.Key }, threshold: 5, window: 60 * minute, quiet: 60 * minute,
	})
	add(Published{
		Name: "Sentinel UserIAMEnumeration", Source: "https://github.com/Azure/Azure-Sentinel/blob/master/Solutions/Amazon%20Web%20Services/Analytic%20Rules/AWS_UserIAMEnumeration.yaml",
		match: never, // IAM's own events
		key:   principalOf, threshold: 51, window: 10 * minute, quiet: 10 * minute,
	})
	add(Published{
		Name: "Elastic principal enumeration", Source: "https://github.com/elastic/detection-rules/blob/main/rules/integrations/aws/discovery_iam_principal_enumeration_via_update_assume_role_policy.toml",
		match: never, // UpdateAssumeRolePolicy
		key:   func(c *denial.Call) string { return c.SourceName + " " + c.Principal.Key }, threshold: 25, window: 6 * minute, quiet: 6 * minute,
	})
	add(Published{
		Name: "suzaku AccessDenied correlation", Source: "https://github.com/Yamato-Security/suzaku-rules",
		match: func(c *denial.Call) bool { return c.ErrorCode == "AccessDenied" },
		key:   func(c *denial.Call) string { return c.SourceName + " " + c.AccessKey }, threshold: 10, window: 10 * minute, quiet: 10 * minute,
	})
	return append(out, Published{
		Name: "every denial, 15 minutes together", match: refused, key: principalOf, threshold: 1, window: minute, quiet: 15 * minute,
	})
}

func refused(c *denial.Call) bool       { return c.Outcome == denial.Refused }
func never(*denial.Call) bool           { return false }
func principalOf(c *denial.Call) string { return c.Principal.Key }

// matched is a record that a rule counts.
type matched struct {
	at time.Time
	id string
}

// published gathers what one rule counts.
type published struct {
	Published
	calls map[string][]matched // by key
}

func (p *published) add(c *denial.Call) {
	if p.match(c) {
		k := p.key(c)
		p.calls[k] = append(p.calls[k], matched{c.Time, c.Key.EventID})
	}
}

// alerts returns what the rule would have sent. What it counts while it keeps
// quiet belongs to the alert before.
func (p *published) alerts() []Alert {
	var out []Alert
	for _, key := range slices.Sorted(maps.Keys(p.calls)) {
		calls := p.calls[key]
		slices.SortFunc(calls, func(a, b matched) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id)) })
		first := 0
		var until time.Time
		var open *Alert
		for i, c := range calls {
			for !calls[first].at.After(c.at.Add(-p.window)) {
				first++
			}
			if open != nil && c.at.Before(until) {
				open.Events = append(open.Events, c.id)
				if p.rolling {
					until = c.at.Add(p.quiet)
				}
				continue
			}
			if i-first+1 < p.threshold {
				continue
			}
			out = append(out, Alert{At: c.at, Subject: key, Why: p.Name})
			open, until = &out[len(out)-1], c.at.Add(p.quiet)
			for _, x := range calls[first : i+1] {
				open.Events = append(open.Events, x.id)
			}
		}
	}
	for i := range out {
		slices.Sort(out[i].Events)
	}
	sortAlerts(out)
	return out
}
