package summary

import (
	"fmt"
	"strings"
	"time"

	"chimewatch/pkg/chime"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/inert"
	"chimewatch/pkg/principal"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/wording"
)

func isCritical(operation string) bool { return chime.Critical(operation) }

// maxName is how many columns a name is shown in at most.
const maxName = 96

// personName names a principal for people: a person of IAM Identity Center by
// the person, others by what their ARN names. It is inert, except for what acts
// in mail.
func personName(key string) string {
	if set, who, ok := principal.Person(key); ok {
		return shown(who) + " (" + shown(set) + ")"
	}
	return shown(principal.ShortName(key))
}

// shown returns a name inert and of bounded length.
func shown(name string) string { return inert.Cut(inert.Name(name), maxName) }

// subjectName names what an incident or a finding is about.
func subjectName(kind tally.Kind, key string) string {
	switch kind {
	case tally.Bearer:
		if _, id, ok := strings.Cut(key, "/user/"); ok {
			return "app user " + shown(id)
		}
		if _, id, ok := strings.Cut(key, "/bot/"); ok {
			return "app bot " + shown(id)
		}
		return "app user " + shown(key)
	case tally.AccessKey:
		return "access key " + shown(key)
	case tally.Network:
		return "network " + shown(key)
	case tally.Policy:
		return policyText(key)
	}
	return personName(key)
}

// causeName names a layer that refuses.
func causeName(c denial.Cause) string {
	switch c {
	case denial.IAM:
		return "IAM policy"
	case denial.AppRole:
		return "app user's role"
	case denial.Credential:
		return "credentials"
	case denial.Network:
		return "VPC endpoint"
	}
	return "other"
}

// causes returns the layers that refuse, in the order in which they are shown.
func causes() [4]denial.Cause {
	return [4]denial.Cause{denial.IAM, denial.AppRole, denial.Credential, denial.Network}
}

// stamp shows a time to the minute, in its own zone.
func stamp(t time.Time) string { return t.Format("Mon 2 Jan 15:04") }

// half writes a median, a small one to the half.
func half(x float64) string {
	if x >= 100 || x == float64(int64(x)) {
		return wording.Grouped(int64(x + 0.5))
	}
	return wording.Grouped(int64(x)) + ".5"
}

// percent writes a share; only nothing is 0 and only all is 100.
func percent(part, whole int64) string {
	p := 100 * float64(part) / float64(whole)
	switch {
	case p > 0 && p < 0.1:
		return "under 0.1 %"
	case p > 99.9 && p < 100:
		return "over 99.9 %"
	case p == 0 || p == 100:
		return fmt.Sprintf("%.0f %%", p)
	case p < 10 || p > 90:
		return fmt.Sprintf("%.1f %%", p)
	}
	return fmt.Sprintf("%.0f %%", p)
}

// change says how a number moved.
func change(now, before int) string {
	switch {
	case now == before:
		return "as before"
	case before == 0:
		return "none before"
	case now > before:
		return fmt.Sprintf("+%s %%", wording.Grouped((now-before)*100/before))
	}
	return fmt.Sprintf("−%s %%", wording.Grouped((before-now)*100/before))
}

// sentenceCase begins a text with a capital.
func sentenceCase(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
