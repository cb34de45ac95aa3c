package alert

import (
	"fmt"
	"strings"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/inert"
	"chimewatch/pkg/tally"
)

// commands writes what can be pasted.
func (t *page) commands() {
	look, stop := t.lookCommands(), t.stopCommands()
	if len(look)+len(stop) == 0 {
		return
	}
	if len(look) > 0 {
		t.head("LOOK (changes nothing)")
		t.paste(look)
	}
	if len(stop) == 0 {
		return
	}
	t.head("STOP (takes effect at once; run it in the account" + t.ownAccount() + ")")
	t.line("It stops all Chime calls of %s, wanted ones as well.", t.who(64))
	t.paste(stop)
	t.line("To undo it:")
	t.paste(t.undoCommands())
}

func (t *page) paste(commands []string) {
	for _, c := range commands {
		t.out.WriteString("    " + c + "\n")
	}
}

// ownAccount names the account of the subject, where its key tells.
func (t *page) ownAccount() string {
	parts := strings.SplitN(t.in.Incident.Subject.Key, ":", 6)
	if t.kind == tally.Principal && len(parts) == 6 && cloudtrail.IsAccount(parts[4]) {
		return " " + parts[4]
	}
	return " of the caller"
}

// fixes writes what would end the refusals if they are not meant.
func (t *page) fixes() {
	if t.advised == nil {
		return
	}
	t.head("FIX (if the calls should be allowed)")
	for _, p := range t.cause() {
		t.prose(p)
	}
	if st := t.statement(); st != "" && fitsPolicy(st) {
		for line := range strings.Lines(st) {
			t.out.WriteString("    " + line)
		}
		t.out.WriteByte('\n')
	}
	t.paste(t.fixCommands())
	if t.kind == tally.Policy {
		return // one client says nothing about the others
	}
	for _, p := range t.advice.Client.Text {
		t.prose(p)
	}
}

// fitsPolicy reports whether a policy is printable ASCII on several lines.
func fitsPolicy(s string) bool {
	return len(s) <= 6144 && inert.ASCII(strings.ReplaceAll(s, "\n", "")) == strings.ReplaceAll(s, "\n", "")
}

// principals lists who called, where that is more than the subject.
func (t *page) principals() {
	all := t.in.Incident.Principals
	if len(all) == 0 || len(all) == 1 && all[0] == t.in.Incident.Subject.Key {
		return
	}
	t.head(fmt.Sprintf("PRINCIPALS (%d)", len(all)))
	for _, p := range list(&t.cutter, "principals", all, t.bounds.principals) {
		t.line("%s", show(t.key("principal", p), 1024))
	}
	if n := len(all) - t.bounds.principals; n > 0 {
		t.line("and %d more: chimewatch findings show %s lists them all", n, t.shownID(t.in.Incident.ID))
	}
}

// proof writes the evidence, with a link to each event.
func (t *page) proof() {
	if len(t.evidence) == 0 {
		return
	}
	t.head(fmt.Sprintf("EVIDENCE (%s; links ask for a login to the account)", plural(len(t.evidence), "CloudTrail event")))
	for _, it := range list(&t.cutter, "evidence", t.evidence, t.bounds.evidence) {
		t.line("%s  %s", it.ref.Time.UTC().Format("2006-01-02 15:04:05Z"), callText(it.call))
		key := it.ref.Key
		if link := EventLink(key.Region, key.EventID); link != "" {
			t.line("    %s", link)
		} else {
			t.line("    event %s", t.shownID(key.EventID))
		}
	}
	if n := len(t.evidence) - t.bounds.evidence; n > 0 {
		t.line("and %d more", n)
	}
}

// callText says in one line what a call was.
func callText(c *denial.Call) string {
	if c == nil {
		return "(details are not at hand)"
	}
	s := show(c.Operation, 48)
	if c.Outcome == denial.Success {
		s += "  SUCCEEDED"
	} else {
		s += "  refused: " + show(c.ErrorCode, 48)
	}
	if c.SourceName != "" {
		s += "  from " + show(c.SourceName, 45)
	}
	return s
}

// quiet says how to silence alerts like this one rightly.
func (t *page) quiet() {
	if t.in.Activity() == Closed {
		return
	}
	t.head("SILENCE IT RIGHTLY")
	t.prose("You are told again only if it becomes critical, goes on from a new network, or tries more operations. If you look into it, only if it becomes graver:")
	t.paste([]string{"chimewatch findings ack " + t.pasteID(t.in.Incident.ID) + " --why 'WHAT IS DONE ABOUT IT'"})
	if c := t.silence(); c != "" {
		t.prose("If it is known and harmless, silence just this, for a month. It is still counted and listed in the weekly summary:")
		t.paste([]string{c})
	}
}

// routing repeats what filters and tickets need.
func (t *page) routing() {
	t.head("REFERENCE")
	t.field("Alert", t.shownID(t.in.ID))
	t.field("Incident", t.shownID(t.in.Incident.ID)+" ("+string(t.in.Activity())+", raised "+clock(t.in.Incident.RaisedAt)+")")
	t.field("Severity", t.severity().String())
	t.field("Verdict", string(t.verdict()))
	t.field("Rules", strings.Join(t.ruleNames(), ", "))
	t.field("Causes", strings.Join(t.causeNames(), ", "))
	t.field("Accounts", strings.Join(t.accounts, ", "))
	t.field("Regions", strings.Join(t.regions, ", "))
	if t.in.Drill {
		t.field("Drill", "yes")
	}
	if len(t.cuts) > 0 {
		t.line("Left out for length: %s", cutText(t.cuts, t.more))
	}
}

func cutText(cuts []Cut, more int) string {
	seen := map[string]bool{}
	var parts []string
	for _, c := range cuts {
		if !seen[c.What] {
			seen[c.What] = true
			parts = append(parts, fmt.Sprintf("%s (%d of %d)", c.What, c.Kept, c.Of))
		}
	}
	s := strings.Join(parts, ", ")
	if more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}

// shownID shows an id whole.
func (t *page) shownID(id string) string { return show(t.id("id", id), 4*maxID) }

// pasteID returns an id for a command.
func (t *page) pasteID(id string) string {
	if plainID(id) {
		return id
	}
	return "INCIDENT_ID"
}

func (b *brief) ruleNames() []string {
	out := make([]string, 0, len(b.rules))
	for _, d := range b.rules {
		out = append(out, string(d.Rule))
	}
	return out
}

func (b *brief) causeNames() []string {
	out := make([]string, 0, len(b.causes))
	for _, c := range b.causes {
		out = append(out, string(c))
	}
	return out
}
