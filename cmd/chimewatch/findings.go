package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
	"github.com/spf13/cobra"

	"chimewatch/pkg/adapters/dynamostore"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

const findingsHelp = `Findings shows the incidents of the deployed product and notes who looks into
them. It works on the deployed table: --table names it, or CHIMEWATCH_TABLE, else
the outputs of the stack do. The stack's output OperatorRoleArn is a role that
may do all of this.

Who acknowledges an incident says that somebody looks into it: updates of it are
told only if it has become graver than it was then; everything is counted as
ever. Who closes one says that it is dealt with. What comes after that opens it
again, and its updates are told. A quiet incident ends by itself after three
days; closing it is for the record.`

const findingsExamples = `  chimewatch findings list --since 7d --min-severity medium
  chimewatch findings show i-5d41402abc4b2a76b971
  chimewatch findings ack i-5d41402abc4b2a76b971 --why 'asking the owner of the role'
  chimewatch findings close i-5d41402abc4b2a76b971 --why 'a wrong deployment, rolled back'`

// findingsFlags are the flags that all have.
type findingsFlags struct {
	table, since string
	deployment   deployment
}

func newFindingsCommand(p process) *cobra.Command {
	var f findingsFlags
	cmd := &cobra.Command{
		Use:     "findings",
		Short:   "Work on the deployed incidents",
		Long:    findingsHelp,
		Example: findingsExamples,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("there is no command %q; there are chimewatch findings list, show, ack and close", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	flags := cmd.PersistentFlags()
	flags.StringVar(&f.table, "table", "", "name of the table; CHIMEWATCH_TABLE and the stack decide otherwise")
	flags.StringVar(&f.since, "since", "30d", "incidents that were raised since this time: 2026-01-31 (UTC), 2026-01-31T12:00:00Z, or 36h or 7d before now")
	f.deployment.flags(flags)
	cmd.AddCommand(newFindingsListCommand(p, &f), newFindingsShowCommand(p, &f),
		newFindingsActCommand(p, &f, triage.Acknowledge, "ack", "Say that somebody looks into an incident"),
		newFindingsActCommand(p, &f, triage.Close, "close", "Say that an incident is dealt with"))
	return cmd
}

// desk is what the commands work with.
type desk struct {
	cfg   aws.Config
	store *dynamostore.Store
	first tally.Day
	last  tally.Day
}

func (f *findingsFlags) desk(ctx context.Context, p process) (*desk, error) {
	since, err := parseTime("since", f.since, p.now())
	if err != nil {
		return nil, err
	}
	cfg, err := loadAmazon(ctx, f.deployment.region)
	if err != nil {
		return nil, err
	}
	table := cmp.Or(f.table, p.getenv("CHIMEWATCH_TABLE"))
	if table == "" {
		if table, err = f.deployment.output(ctx, cfg, "TableName"); err != nil {
			return nil, fmt.Errorf("which table? Name it with --table or in CHIMEWATCH_TABLE: %w", err)
		}
	}
	c := dynamostore.DefaultConfig(table)
	c.Hasher = tally.NewHasher([]byte("nothing is counted here")) // so nothing has to hash like the deployment
	c.Now, c.Random = p.now, rand.Uint64
	// What the SDK warns of by itself is for its developers.
	client := dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.Logger = logging.Nop{} })
	store, err := dynamostore.New(client, c)
	if err != nil {
		return nil, err
	}
	return &desk{cfg, store, tally.DayOf(since), tally.DayOf(p.now())}, nil
}

// find returns an incident by its id.
func (d *desk) find(ctx context.Context, id, since string) (dynamostore.Handled, error) {
	all, err := d.store.HandledOf(ctx, d.first, d.last)
	if err != nil {
		return dynamostore.Handled{}, err
	}
	i := slices.IndexFunc(all, func(h dynamostore.Handled) bool { return h.ID == id })
	if i < 0 {
		return dynamostore.Handled{}, fmt.Errorf("no incident %q was raised since %s; chimewatch findings list shows those there are, --since looks further back", id, since)
	}
	return all[i], nil
}

func oneIncident(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return errors.New("name one incident by its id, such as i-5d41402abc4b2a76b971; chimewatch findings list shows them")
	}
	return nil
}

func newFindingsActCommand(p process, f *findingsFlags, deed triage.Deed, name, short string) *cobra.Command {
	var by, why string
	cmd := &cobra.Command{
		Use: name + " [flags] INCIDENT", Short: short, Long: findingsHelp, Example: findingsExamples, Args: oneIncident,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.act(cmd.Context(), p, args[0], triage.Act{Deed: deed, By: by, Why: why})
		},
	}
	cmd.Flags().StringVar(&by, "by", "", "who does it; else whom the AWS credentials belong to")
	cmd.Flags().StringVar(&why, "why", "", "why, for whoever reads it later")
	return cmd
}

// maxNote bounds what is noted of who and why, in bytes.
const maxNote = 2000

func (f *findingsFlags) act(ctx context.Context, p process, id string, act triage.Act) error {
	if act.Why = strings.TrimSpace(act.Why); act.Why == "" {
		return errors.New("--why: is missing: say it for whoever reads it later")
	}
	if len(act.Why) > maxNote || len(act.By) > maxNote {
		return fmt.Errorf("--why, --by: more than %d bytes: say it shorter", maxNote)
	}
	d, err := f.desk(ctx, p)
	if err != nil {
		return err
	}
	h, err := d.find(ctx, id, f.since)
	if err != nil {
		return err
	}
	if act.By == "" {
		if act.By, err = d.caller(ctx, p); err != nil {
			return err
		}
	}
	act.At, act.LastSeen, act.Severity = p.now().UTC().Truncate(time.Second), h.LastSeen, h.Severity
	if h, err = d.store.HandleIncident(ctx, h, act); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%s%s", summaryOf(&h), consequence(act))
	return err
}

// consequence says what an act does to alerts.
func consequence(a triage.Act) string {
	if a.Deed == triage.Close {
		return "What comes after this opens it again, and is told.\n"
	}
	if a.Severity == triage.Critical {
		return "Its updates are not told any more; they are counted as ever.\n"
	}
	return fmt.Sprintf("Its updates are told only if it becomes graver than %s; they are counted as ever.\n", a.Severity)
}

// caller returns whom the credentials belong to, else the user of this machine.
//
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
func (d *desk) caller(ctx context.Context, p process) (string, error) {
	out, err := sts.NewFromConfig(d.cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err == nil && aws.ToString(out.Arn) != "" {
		return *out.Arn, nil
	}
	if user := p.getenv("USER"); user != "" {
		return user, nil
	}
	return "", fmt.Errorf("who are you? give --by: %w", err)
}
