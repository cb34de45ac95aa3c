// Package deployed puts the parts together that the deployed functions share:
// settings from the environment, clients, store, notifier, engine, log, metrics.
package deployed

import (
	"fmt"
	"time"

	"github.com/caarlos0/env/v11"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/triage"
)

// Settings is what the template passes to every function. Each function reads
// only what it needs.
type Settings struct {
	Table         string `env:"CHIMEWATCH_TABLE,required,notEmpty"`
	Bucket        string `env:"CHIMEWATCH_BUCKET,required,notEmpty"`
	ConfigKey     string `env:"CHIMEWATCH_CONFIG_KEY" envDefault:"config/chimewatch.yaml"`
	HashSecret    string `env:"CHIMEWATCH_HASH_SECRET,required,notEmpty,unset"`
	RetentionDays int    `env:"CHIMEWATCH_RETENTION_DAYS" envDefault:"90"`

	// EventSources are added to those of the configuration.
	EventSources []string `env:"CHIMEWATCH_EVENT_SOURCES"`

	Notify          string `env:"CHIMEWATCH_NOTIFY" envDefault:"all"` // all or summary-only
	AlertTopic      string `env:"CHIMEWATCH_ALERT_TOPIC"`
	AlertSeverity   string `env:"CHIMEWATCH_ALERT_SEVERITY" envDefault:"medium"`
	FindingTopic    string `env:"CHIMEWATCH_FINDING_TOPIC"`
	FindingSeverity string `env:"CHIMEWATCH_FINDING_SEVERITY" envDefault:"low"`
	ChatTopic       string `env:"CHIMEWATCH_CHAT_TOPIC"`
	ChatSeverity    string `env:"CHIMEWATCH_CHAT_SEVERITY" envDefault:"medium"`
	SummaryTopic    string `env:"CHIMEWATCH_SUMMARY_TOPIC"`
	AlertsPerHour   int    `env:"CHIMEWATCH_ALERTS_PER_HOUR" envDefault:"20"`

	// AlertHours is how old an event may be to be alerted, 1 to 168.
	AlertHours int `env:"CHIMEWATCH_ALERT_HOURS" envDefault:"24"`
	// IncidentBus is the name or ARN of an EventBridge bus that gets alerts too;
	// empty for none.
	IncidentBus string `env:"CHIMEWATCH_INCIDENT_BUS"`
	// DrillQueue is the ARN of the queue by which drills come; empty for none.
	DrillQueue string `env:"CHIMEWATCH_DRILL_QUEUE_ARN"`

	MetricNamespace string `env:"CHIMEWATCH_METRIC_NAMESPACE" envDefault:"chimewatch"`
	// Version is what the CLI and the functions were built as.
	Version string `env:"CHIMEWATCH_VERSION" envDefault:"unreleased"`
	// Function is the name that Lambda gives the function.
	Function string `env:"AWS_LAMBDA_FUNCTION_NAME" envDefault:"local"`
}

// ReadSettings reads the environment. The error names the variable.
func ReadSettings() (Settings, error) {
	var s Settings
	if err := env.Parse(&s); err != nil {
		return Settings{}, fmt.Errorf("reading the environment: %w", err)
	}
	if s.Notify != "all" && s.Notify != "summary-only" {
		return Settings{}, fmt.Errorf("reading the environment: CHIMEWATCH_NOTIFY: %q is not all or summary-only", s.Notify)
	}
	if _, err := s.Least(); err != nil {
		return Settings{}, fmt.Errorf("reading the environment: %w", err)
	}
	if s.RetentionDays < 30 || s.RetentionDays > 3650 {
		return Settings{}, fmt.Errorf("reading the environment: CHIMEWATCH_RETENTION_DAYS: %d is not between 30 and 3650", s.RetentionDays)
	}
	if s.AlertHours < 1 || s.AlertHours > 168 {
		return Settings{}, fmt.Errorf("reading the environment: CHIMEWATCH_ALERT_HOURS: %d is not between 1 and 168", s.AlertHours)
	}
	return s, nil
}

// Retention is how long records are kept.
func (s Settings) Retention() time.Duration { return time.Duration(s.RetentionDays) * 24 * time.Hour }

// Least returns the least severity of each topic.
func (s Settings) Least() (alert.Least, error) {
	var l alert.Least
	for _, x := range []struct {
		name, value string
		to          *triage.Severity
	}{
		{"CHIMEWATCH_ALERT_SEVERITY", s.AlertSeverity, &l.People},
		{"CHIMEWATCH_FINDING_SEVERITY", s.FindingSeverity, &l.Machines},
		{"CHIMEWATCH_CHAT_SEVERITY", s.ChatSeverity, &l.Chat},
	} {
		v, err := triage.ParseSeverity(x.value)
		if err != nil {
			return alert.Least{}, fmt.Errorf("%s: %w", x.name, err)
		}
		*x.to = v
	}
	return l, nil
}

// Options returns the options of the engine.
func (s Settings) Options() (pipeline.Options, error) {
	least, err := s.Least()
	if err != nil {
		return pipeline.Options{}, err
	}
	return pipeline.Options{
		Least:   min(least.People, least.Machines, least.Chat),
		MaxAge:  time.Duration(s.AlertHours) * time.Hour,
		Silent:  s.Notify == "summary-only",
		Ceiling: s.ceiling(least),
	}, nil
}

// ceiling returns how many alerts go out one by one in an hour.
func (s Settings) ceiling(least alert.Least) alert.Ceiling {
	c := alert.DefaultCeiling()
	c.Least = min(least.People, least.Chat)
	c.Low, c.Medium, c.High = s.AlertsPerHour, s.AlertsPerHour, s.AlertsPerHour
	c.Share = max(1, min(c.Share, s.AlertsPerHour))
	return c
}
