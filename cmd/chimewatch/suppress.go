package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"chimewatch/pkg/config"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/inert"
	"chimewatch/pkg/principal"
)

const suppressHelp = `Suppress edits the suppressions of a configuration: a file of yours, or the
object that the deployed product reads. A suppression silences alerts until its
last day, never counts; the weekly summary lists what each one silenced. It
silences an incident only if it covers all of it: every call and every rule.

--config names the file, or the object as s3://BUCKET/config/chimewatch.yaml.
Without it CHIMEWATCH_CONFIG does, else the outputs of the deployed stack. The
rest of the file stays as it is, and the new one is validated before it is
saved; nothing is saved over what somebody else changed meanwhile.`

const suppressAddHelp = suppressHelp + `

Before it is saved, add shows what the suppression would have silenced in the
last week of the log files given with --history. It asks for --yes where that is
more than one principal or anything of severity high or critical, and where
nobody can know since there is no history.`

const suppressExamples = `  chimewatch suppress add --principal arn:aws:iam::111122223333:role/scanner --until 2026-12-31 \
    --owner sec@example.com --reason 'the nightly scan expects to be refused' --history logs/
  chimewatch suppress list --config chimewatch.yaml
  chimewatch suppress remove --config s3://BUCKET/config/chimewatch.yaml scanner`

// suppressFlags are the flags that all have.
type suppressFlags struct {
	config     string
	deployment deployment
}

func newSuppressCommand(p process) *cobra.Command {
	var f suppressFlags
	cmd := &cobra.Command{
		Use:     "suppress",
		Short:   "Silence alerts that nobody needs, for a time",
		Long:    suppressHelp,
		Example: suppressExamples,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("there is no command %q; there are chimewatch suppress add, list and remove", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	flags := cmd.PersistentFlags()
	flags.StringVar(&f.config, "config", "", "the `file`, or the object s3://BUCKET/KEY; CHIMEWATCH_CONFIG and the stack decide otherwise")
	f.deployment.flags(flags)
	list := &cobra.Command{
		Use: "list", Short: "List the suppressions", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.list(cmd.Context(), p) },
	}
	remove := &cobra.Command{
		Use: "remove NAME...", Short: "Remove suppressions by name", Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.remove(cmd.Context(), p, args) },
	}
	cmd.AddCommand(newSuppressAddCommand(p, &f), list, remove)
	return cmd
}

// addFlags are the flags of add as given.
type addFlags struct {
	*suppressFlags
	name, account, principal, operation, network, rule string
	until, owner, reason                               string
	history                                            []string
	yes                                                bool
}

func newSuppressAddCommand(p process, common *suppressFlags) *cobra.Command {
	f := addFlags{suppressFlags: common}
	cmd := &cobra.Command{
		Use:     "add [flags]",
		Short:   "Add a suppression",
		Long:    suppressAddHelp,
		Example: suppressExamples,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.add(cmd.Context(), p) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.principal, "principal", "", "key of the principal, exact or with * and ?, which do not match /")
	flags.StringVar(&f.operation, "operation", "", "operation, such as ListChannels")
	flags.StringVar(&f.network, "network", "", "network that the calls come from, such as 203.0.113.0/24")
	flags.StringVar(&f.rule, "rule", "", "the only rule that may have found anything")
	flags.StringVar(&f.account, "account", "", "account of the principal, with one of the others")
	flags.StringVar(&f.until, "until", "", "last day (UTC), such as 2026-12-31")
	flags.StringVar(&f.owner, "owner", "", "whom to ask about it")
	flags.StringVar(&f.reason, "reason", "", "why nobody needs to be told")
	flags.StringVar(&f.name, "name", "", "its name; made of what it silences where none is given")
	flags.StringArrayVar(&f.history, "history", nil, "log files or folders, as with analyze, to show what it would have silenced; may be repeated")
	flags.BoolVar(&f.yes, "yes", false, "save it, whatever it would have silenced")
	complete(cmd, map[string][]string{"rule": ruleNames()})
	return cmd
}

// suppression returns what the flags say; an error names the flag that is wrong.
func (f addFlags) suppression(p process) (config.Suppression, error) {
	s := config.Suppression{
		Name: f.name, Reason: f.reason, Owner: f.owner, Account: f.account,
		Principal: f.principal, Operation: f.operation, Rule: detect.Rule(f.rule),
	}
	if f.network != "" {
		n, err := netip.ParsePrefix(f.network)
		if err != nil {
			return s, fmt.Errorf("--network: %q is no network: write it like 203.0.113.0/24", f.network)
		}
		s.Network = n.Masked()
	}
	if f.rule != "" && !slices.Contains(ruleNames(), f.rule) {
		return s, oneOf("rule", f.rule, ruleNames())
	}
	if f.until != "" {
		if err := s.Until.UnmarshalText([]byte(f.until)); err != nil {
			return s, fmt.Errorf("--until: %w", err)
		}
		if !p.now().Before(s.Until.AddDate(0, 0, 1)) {
			return s, fmt.Errorf("--until: %s is over: the suppression would silence nothing", f.until)
		}
	}
	if s.Name == "" {
		s.Name = nameOf(s)
	}
	if err := s.Validate(); err != nil {
		return s, fmt.Errorf("--%w", err)
	}
	return s, nil
}

// nameOf makes a name of what a suppression matches.
func nameOf(s config.Suppression) string {
	parts := []string{principal.ShortName(s.Principal), s.Operation, "", string(s.Rule)}
	if s.Network.IsValid() {
		parts[2] = s.Network.String()
	}
	name := strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "-")
	return cmp.Or(strings.Trim(regexp.MustCompile(`[^A-Za-z0-9._]+`).ReplaceAllString(name, "-"), "-"), "unnamed")
}

func (f addFlags) add(ctx context.Context, p process) error {
	s, err := f.suppression(p)
	if err != nil {
		return err
	}
	kept, err := keepingOf(ctx, p, f.config, f.deployment)
	if err != nil {
		return err
	}
	before, tag, err := kept.read(ctx)
	if err != nil {
		return err
	}
	old, err := config.Load(before)
	if err != nil {
		return fmt.Errorf("%s: %w", kept.name(), err)
	}
	if f.name == "" {
		s.Name = unused(s.Name, old.Suppressions)
	}
	after, err := config.AddSuppression(before, s)
	if err != nil {
		return fmt.Errorf("%s: %w", kept.name(), err)
	}
	doubt := "without --history it is not known what it would have silenced"
	if len(f.history) > 0 {
		c, err := config.Load(after)
		if err != nil {
			return fmt.Errorf("%s: %w", kept.name(), err)
		}
		if doubt, err = foretell(ctx, p, c, s, f.history); err != nil {
			return err
		}
	}
	if doubt != "" && !f.yes {
		return fmt.Errorf("not saved: %s; if that is meant, repeat the command with --yes", doubt)
	}
	if err := kept.write(ctx, after, tag); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "Saved %s to %s: %s\n", inert.Line(s.Name), inert.Line(kept.name()), describe(s))
	return err
}

// unused returns a name that no suppression has yet.
func unused(name string, all []config.Suppression) string {
	for n := 1; ; n++ {
		try := name
		if n > 1 {
			try = fmt.Sprintf("%s-%d", name, n)
		}
		if !slices.ContainsFunc(all, func(s config.Suppression) bool { return s.Name == try }) {
			return try
		}
	}
}

// describe says in a line what a suppression silences, and until when.
func describe(s config.Suppression) string {
	network := ""
	if s.Network.IsValid() {
		network = s.Network.String()
	}
	var parts []string
	for _, x := range [...][2]string{
		{"principal", s.Principal}, {"operation", s.Operation}, {"network", network}, {"rule", string(s.Rule)}, {"account", s.Account},
	} {
		if x[1] != "" {
			parts = append(parts, x[0]+" "+inert.Line(x[1]))
		}
	}
	return strings.Join(parts, ", ") + ", until " + s.Until.Format("2006-01-02")
}

func (f *suppressFlags) list(ctx context.Context, p process) error {
	kept, err := keepingOf(ctx, p, f.config, f.deployment)
	if err != nil {
		return err
	}
	data, _, err := kept.read(ctx)
	if err != nil {
		return err
	}
	c, err := config.Load(data)
	if err != nil {
		return fmt.Errorf("%s: %w", kept.name(), err)
	}
	if len(c.Suppressions) == 0 {
		_, err := fmt.Fprintf(p.stdout, "No suppressions in %s.\n", inert.Line(kept.name()))
		return err
	}
	for _, s := range c.Suppressions {
		over := ""
		if !p.now().Before(s.Until.AddDate(0, 0, 1)) {
			over = " (over: it silences nothing any more)"
		}
		if _, err := fmt.Fprintf(p.stdout, "%s\n  %s%s\n  %s, says %s\n", inert.Line(s.Name), describe(s), over, inert.Line(s.Reason), inert.Line(s.Owner)); err != nil {
			return err
		}
	}
	return nil
}

func (f *suppressFlags) remove(ctx context.Context, p process, names []string) error {
	kept, err := keepingOf(ctx, p, f.config, f.deployment)
	if err != nil {
		return err
	}
	data, tag, err := kept.read(ctx)
	if err != nil {
		return err
	}
	var missing []error
	after := data
	for _, name := range names {
		next, err := config.RemoveSuppression(after, name)
		if err != nil {
			missing = append(missing, fmt.Errorf("%s: %w", kept.name(), err))
			continue
		}
		after = next
	}
	if len(missing) > 0 {
		return fmt.Errorf("nothing is removed: %w", errors.Join(missing...))
	}
	if err := kept.write(ctx, after, tag); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "Removed %s from %s.\n", inert.Line(strings.Join(names, ", ")), inert.Line(kept.name()))
	return err
}
