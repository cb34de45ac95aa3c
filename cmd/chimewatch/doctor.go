package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"chimewatch/pkg/adapters/inspect"
	"chimewatch/pkg/doctor"
	"chimewatch/pkg/inert"
)

const doctorHelp = `Doctor says, line by line, what keeps chimewatch from seeing refused calls or
from telling anybody, and what to do about it: is a trail logging in each
messaging Region, is the rule in the right state and does its pattern let a
sample through, are subscriptions confirmed, are the dead-letter queues empty,
is the table's TTL on, are the schedules on, when did the last event, alert and
summary happen.

It only reads, and works with nothing deployed too: then it says what is
missing. --policy prints the least IAM policy that it needs.

Exit status: 0 nothing to repair, 1 at least one fault, 2 it could not run.`

const doctorExamples = `  chimewatch doctor
  chimewatch doctor --region eu-central-1 --stack chat-chimewatch
  chimewatch doctor --policy > doctor-policy.json`

// doctorFlags are the flags as given.
type doctorFlags struct {
	region, stack, prefix string
	policy                bool
}

func newDoctorCommand(p process) *cobra.Command {
	var f doctorFlags
	cmd := &cobra.Command{
		Use:     "doctor [flags]",
		Short:   "Say what keeps refused calls from being seen",
		Long:    doctorHelp,
		Example: doctorExamples,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if strings.Trim(f.stack, letters+digits+"-") != "" || f.stack == "" {
				return fmt.Errorf("--stack: %q is no name of a stack: letters, digits and hyphens", f.stack)
			}
			if strings.Trim(f.prefix, letters+digits+"-") != "" || f.prefix == "" {
				return fmt.Errorf("--name-prefix: %q is not a NamePrefix: letters, digits and hyphens", f.prefix)
			}
			if f.policy {
				_, err := fmt.Fprintln(p.stdout, doctor.Policy(f.stack, f.prefix))
				return err
			}
			return diagnose(cmd.Context(), p, f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.region, "region", "", "Region of the deployment; AWS_REGION and the profile decide otherwise")
	flags.StringVar(&f.stack, "stack", "chimewatch", "name of the deployment's stack")
	flags.StringVar(&f.prefix, "name-prefix", "chimewatch", "the stack's parameter NamePrefix, for --policy")
	flags.BoolVar(&f.policy, "policy", false, "print the IAM policy that doctor needs, and do nothing else")
	return cmd
}

const (
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits  = "0123456789"
)

func diagnose(ctx context.Context, p process, f doctorFlags) error {
	cfg, err := loadAmazon(ctx, f.region)
	if err != nil {
		return err
	}
	facts := inspect.New(cfg).Facts(ctx, inspect.Where{Region: cfg.Region, Regions: messagingRegions(), Stack: f.stack, Now: p.now()})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if facts.Caller.Err != nil && facts.Stack.Err != nil {
		return fmt.Errorf("nothing can be read: %w; check the credentials and the network", errors.Unwrap(facts.Caller.Err))
	}
	lines := doctor.Examine(facts)
	columns := width(p)
	for _, l := range lines {
		level := fmt.Sprintf("%-8s ", l.Level)
		text := wrapped(level, strings.Repeat(" ", len(level)), inert.Line(l.Text), columns)
		if l.Remedy != "" {
			text += wrapped(strings.Repeat(" ", len(level))+"Do: ", strings.Repeat(" ", len(level)+4), inert.Line(l.Remedy), columns)
		}
		if _, err := fmt.Fprint(p.stdout, text); err != nil {
			return err
		}
	}
	if doctor.Worst(lines) == doctor.Fault {
		return exit(statusIncident)
	}
	return nil
}
