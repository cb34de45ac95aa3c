package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"chimewatch/pkg/adapters/lookupevents"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/inert"
	"chimewatch/pkg/pipeline"
)

const explainHelp = `Explain says why one call was refused and what would fix it: who called, what
was refused, which layer refused it, and five steps for just this call.

FILE holds the record, in any shape that analyze reads; - is standard input.
Where it holds several records, --event names one by its event id. With
--lookup the record is looked up in CloudTrail by its event id, with your own
credentials; CloudTrail knows the last 90 days.

The policy in the second step names the denied action and the resources that
the call needed, nothing else. Words in capitals in it are to be filled in.`

const explainExamples = `  chimewatch explain record.json
  chimewatch explain --event 4d661cf2-e4cb-42f7-95f7-3154753bc4ed logs.json.gz
  chimewatch explain --lookup 4d661cf2-e4cb-42f7-95f7-3154753bc4ed --region us-east-1`

// explainFlags are the flags as given.
type explainFlags struct {
	event, lookup string
	regions       []string
}

func newExplainCommand(p process) *cobra.Command {
	var f explainFlags
	cmd := &cobra.Command{
		Use:     "explain [flags] FILE | --lookup EVENT-ID",
		Short:   "Say why one call was refused, and what would fix it",
		Long:    explainHelp,
		Example: explainExamples,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case f.lookup == "" && len(args) == 0:
				return errors.New("which record? name a file, - for standard input, or --lookup with an event id")
			case f.lookup != "" && (len(args) > 0 || f.event != ""):
				return errors.New("--lookup takes the place of a file and of --event: give one of them")
			case len(args) > 1:
				return fmt.Errorf("one record is explained at a time, and %d files are named", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			rec, err := f.find(cmd.Context(), p, args)
			if err != nil {
				return err
			}
			return explain(p.stdout, rec, width(p))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.event, "event", "", "explain the record with this event id, where the file holds several")
	flags.StringVar(&f.lookup, "lookup", "", "look the record up in CloudTrail by its event id")
	flags.StringSliceVar(&f.regions, "region", messagingRegions(), "Regions to look it up in")
	return cmd
}

// find returns the record that the flags and arguments ask for.
func (f explainFlags) find(ctx context.Context, p process, args []string) (*cloudtrail.Record, error) {
	if f.lookup != "" {
		return f.lookUp(ctx)
	}
	in, name := p.stdin, "standard input"
	if args[0] != "-" {
		file, err := os.Open(args[0])
		if err != nil {
			return nil, fmt.Errorf("%w; name a file that can be read", err)
		}
		defer file.Close()
		in, name = file, args[0]
	}
	return pick(in, name, f.event)
}

// lookUp asks each Region in turn.
func (f explainFlags) lookUp(ctx context.Context) (*cloudtrail.Record, error) {
	for _, region := range f.regions {
		cfg, err := loadAmazon(ctx, region)
		if err != nil {
			return nil, err
		}
		var found *cloudtrail.Record
		_, err = newLookup(cfg, region, lookupevents.Wall{}).Each(ctx, lookupevents.Query{EventID: f.lookup}, func(items []pipeline.Item) error {
			for i := range items {
				if items[i].Err != nil {
					return fmt.Errorf("%s: %w", items[i].Position, items[i].Err)
				}
				found = &items[i].Record
			}
			return nil
		})
		if err != nil || found != nil {
			return found, err
		}
	}
	return nil, fmt.Errorf("CloudTrail knows no event %q in %s; check the id, the account and --region; it keeps events for 90 days, and new ones take up to 15 minutes",
		f.lookup, strings.Join(f.regions, " and "))
}

// maxNamed is how many records of a file are named to choose from.
const maxNamed = 5

// pick returns the record with the event id, or the only one that there is.
func pick(in io.Reader, name, event string) (*cloudtrail.Record, error) {
	var found *cloudtrail.Record
	var named []string
	n := 0
	_, err := cloudtrail.Scan(in, name, cloudtrail.Options{}, func(e cloudtrail.Element) error {
		rec, err := e.Decode()
		if err != nil {
			return err
		}
		n++
		if event == "" && len(named) < maxNamed && rec.ErrorCode != "" {
			named = append(named, fmt.Sprintf("%s  %s %s", rec.EventID, rec.EventName, rec.ErrorCode))
		}
		if found == nil && (event == "" || rec.EventID == event) {
			found = &rec
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case n == 0:
		return nil, fmt.Errorf("%s: holds no record, only a digest or Insights records", name)
	case event != "" && found == nil:
		return nil, fmt.Errorf("%s: none of the %d records has the event id %q", name, n, event)
	case event == "" && n > 1:
		hint := "none of them failed"
		if len(named) > 0 {
			hint = "of those that failed the first are\n  " + strings.Join(named, "\n  ")
		}
		return nil, fmt.Errorf("%s: holds %d records; choose one with --event EVENT-ID; %s", name, n, hint)
	case found.EventName == "":
		return nil, fmt.Errorf("%s: the record has no eventName, so there is no call to explain; give a whole CloudTrail record", name)
	}
	return found, nil
}

// explain writes what is to be said about a record.
func explain(w io.Writer, rec *cloudtrail.Record, columns int) error {
	call := denial.Classify(rec)
	advice := denial.Advise(&call)
	var b strings.Builder
	field := func(name, value string) {
		if value != "" {
			b.WriteString(wrapped(fmt.Sprintf("%-9s ", name), strings.Repeat(" ", 10), inert.Line(value), columns))
		}
	}
	b.WriteString(becameOf(&call) + "\n\n")
	field("Who", inert.Name(call.Principal.Key))
	field("Session", inert.Name(call.Session))
	field("As", inert.Name(call.Bearer))
	field("What", inert.Name(call.Operation)+onResource(inert.Name(call.Resource)))
	field("Why", refusedBy(&call))
	field("Error", strings.TrimSuffix(call.ErrorCode+": "+call.ErrorText, ": "))
	if !call.Time.IsZero() {
		field("When", call.Time.Format("2006-01-02 15:04:05 UTC"))
	}
	field("From", call.SourceName)
	for i, step := range advice.Steps() {
		fmt.Fprintf(&b, "\n%d. %s\n", i+1, step.Title)
		for _, text := range step.Text {
			b.WriteString(wrapped("   ", "   ", inert.Line(text), columns))
		}
		if s := advice.Permission.Statement; s != nil && i == 1 {
			b.WriteString("\n")
			for line := range strings.Lines(s.Policy()) {
				b.WriteString("     " + line)
			}
			b.WriteString("\n")
		}
		if len(step.Commands) > 0 {
			b.WriteString("\n")
		}
		for _, command := range step.Commands {
			b.WriteString("     " + command + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func onResource(resource string) string {
	if resource == "" {
		return ""
	}
	return " on " + resource
}

// becameOf is the first line: what became of the call.
func becameOf(c *denial.Call) string {
	name := inert.Name(c.Operation)
	switch c.Outcome {
	case denial.Refused:
		return name + " was refused."
	case denial.Unavailable:
		return name + " failed because a feature is not available; that is no refusal."
	case denial.Success:
		return name + " succeeded; it was not refused."
	}
	return name + " failed, but not because of authorization."
}

// refusedBy says which layer refused the call.
func refusedBy(c *denial.Call) string {
	if c.Outcome != denial.Refused {
		return ""
	}
	switch c.Cause {
	case denial.IAM:
		m := &c.Message
		switch {
		case m.Policy == "":
			return "IAM refused it; the message names no policy"
		case m.Explicit:
			return "IAM refused it: a policy of the type " + string(m.Policy) + " denies it"
		}
		return "IAM refused it: no policy of the type " + string(m.Policy) + " allows it"
	case denial.AppRole:
		return "Chime itself refused it: IAM allows the call, but the app-instance user's role in the app does not"
	case denial.Credential:
		return "the credentials were not accepted; no permission was looked at"
	case denial.Network:
		return "the policy of the VPC endpoint refused it"
	}
	return string(c.Cause)
}

// wrapped breaks text at spaces. Words that are longer than the line, ARNs
// above all, stay whole: they are there to be copied.
func wrapped(first, rest, text string, columns int) string {
	var b strings.Builder
	line, words := first, 0
	for word := range strings.FieldsSeq(text) {
		if words > 0 && inert.Width(line)+1+inert.Width(word) > columns {
			b.WriteString(line + "\n")
			line, words = rest, 0
		}
		if words > 0 {
			line += " "
		}
		line, words = line+word, words+1
	}
	return b.String() + line + "\n"
}
