package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/inert"
)

const alertPreviewHelp = `Preview prints every form in which an alert would be sent: the subject line,
the e-mail, the text message, the JSON and the attributes for machines, the chat
message and the OCSF finding. So you see what your team will see before you
deploy anything.

FILE is the output of chimewatch analyze --format json, or the JSON of an alert
as machines get it; - is standard input. Of an analysis the first incident is
shown, the gravest, unless --incident names another one; it names event ids
only, so tables and advice that need the calls themselves are left out.`

func newAlertCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "alert",
		Short: "See what alerts look like",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("there is no command %q; there is chimewatch alert preview", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newAlertPreviewCommand())
	return cmd
}

// preview is what the flags ask for.
type preview struct {
	incident, form string
	drill          bool
}

func newAlertPreviewCommand() *cobra.Command {
	var p preview
	cmd := &cobra.Command{
		Use:     "preview [flags] FILE",
		Short:   "Print every form of the alert for an incident",
		Long:    alertPreviewHelp,
		Example: "  chimewatch analyze --format json logs/ | chimewatch alert preview -\n  chimewatch alert preview --form text --incident i-5d41402abc4b2a76b971 analysis.json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("name one file, or - for standard input: %d were given", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.run(args[0], cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&p.incident, "incident", "", "the `id` of the incident, where FILE has several")
	flags.StringVar(&p.form, "form", "all", "print only this form: "+strings.Join(formNames(), ", ")+"; or all")
	flags.BoolVar(&p.drill, "drill", false, "print it as a drill")
	return cmd
}

// alertForm is one way to print an alert.
type alertForm struct {
	name  string
	print func(alert.Input) (string, error)
}

func alertForms() []alertForm {
	return []alertForm{
		{"subject", func(in alert.Input) (string, error) { return alert.Subject(in), nil }},
		{"text", alert.Text},
		{"sms", func(in alert.Input) (string, error) { return alert.SMS(in), nil }},
		{"attributes", attributes},
		{"json", indented(alert.JSON)},
		{"chat", indented(alert.Chat)},
		{"ocsf", indented(func(in alert.Input) ([]byte, error) { return alert.OCSF(in, version()) })},
	}
}

func formNames() []string {
	var out []string
	for _, f := range alertForms() {
		out = append(out, f.name)
	}
	return out
}

// attributes prints what filter policies of the machines' topic can ask for.
func attributes(in alert.Input) (string, error) {
	messages, err := alert.Messages(in, alert.Options{Least: alert.Least{People: alert.Never, Chat: alert.Never}})
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, m := range messages {
		for _, a := range m.Attributes {
			fmt.Fprintf(&out, "%s = %s\n", a.Name, a.Value())
		}
	}
	return out.String(), nil
}

func indented(form func(alert.Input) ([]byte, error)) func(alert.Input) (string, error) {
	return func(in alert.Input) (string, error) {
		body, err := form(in)
		if err != nil {
			return "", err
		}
		var out bytes.Buffer
		if err := json.Indent(&out, body, "", "  "); err != nil {
			return "", err
		}
		return out.String(), nil
	}
}

func (p preview) run(path string, stdin io.Reader, stdout, stderr io.Writer) error {
	forms := alertForms()
	if p.form != "all" {
		forms = slices.DeleteFunc(forms, func(f alertForm) bool { return f.name != p.form })
		if len(forms) == 0 {
			return fmt.Errorf("--form: %q is none of %s, all", p.form, strings.Join(formNames(), ", "))
		}
	}
	in, err := p.read(path, stdin, stderr)
	if err != nil {
		return err
	}
	in.Drill = in.Drill || p.drill
	for i, f := range forms {
		text, err := f.print(in)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if p.form == "all" {
			if i > 0 {
				text = "\n" + heading(f.name) + text
			} else {
				text = heading(f.name) + text
			}
		}
		if _, err := fmt.Fprintln(stdout, strings.TrimSuffix(text, "\n")); err != nil {
			return fmt.Errorf("writing %s: %w", f.name, err)
		}
	}
	return nil
}

func heading(name string) string {
	return "===== " + name + " " + strings.Repeat("=", 72-len(name)) + "\n"
}

// read reads the file and picks the incident.
func (p preview) read(path string, stdin io.Reader, stderr io.Writer) (alert.Input, error) {
	var data []byte
	var err error
	if path == "-" {
		path = "standard input"
		data, err = io.ReadAll(stdin)
	} else {
		data, err = os.ReadFile(path)
	}
	if err != nil {
		return alert.Input{}, fmt.Errorf("%w; name a file that can be read", err)
	}
	inputs, err := alert.Read(data)
	if err != nil {
		return alert.Input{}, fmt.Errorf("%s: %w", path, err)
	}
	if p.incident == "" {
		if len(inputs) > 1 {
			fmt.Fprintf(stderr, "chimewatch: the first of %d incidents, %s; --incident picks another one\n", len(inputs), inert.Line(inputs[0].Incident.ID))
		}
		return inputs[0], nil
	}
	i := slices.IndexFunc(inputs, func(in alert.Input) bool { return in.Incident.ID == p.incident })
	if i < 0 {
		return alert.Input{}, fmt.Errorf("%s: has no incident %q", path, p.incident)
	}
	return inputs[i], nil
}
