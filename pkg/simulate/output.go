package simulate

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/klauspost/compress/gzip"
)

// Create makes a new file with a slash-separated relative name.
type Create func(name string) (io.WriteCloser, error)

// WriteLogFiles runs the simulation and writes it as CloudTrail log files: for
// each account, Region and window (15 minutes as a rule, at least a minute) that
// has records one gzip file {"Records":[...]} under the key that CloudTrail
// would give it.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
func (s *Simulation) WriteLogFiles(create Create, window time.Duration) error {
	window = max(window, time.Minute)
	logs := logFiles{create: create, open: map[string]*logFile{}}
	var until time.Time
	err := s.Run(func(e Event) error {
		if !e.Time.Before(until) {
			if err := logs.close(); err != nil {
				return err
			}
			until = e.Time.Truncate(window).Add(window)
		}
		return logs.add(e, until)
	})
	return errors.Join(err, logs.close())
}

// logFiles are the log files of the current window.
type logFiles struct {
	create Create
	open   map[string]*logFile
	spare  []*gzip.Writer
}

type logFile struct {
	to io.WriteCloser
	gz *gzip.Writer
}

func (l *logFiles) add(e Event, until time.Time) error {
	name := LogFileName(e.Account, e.Region, until)
	f := l.open[name]
	if f == nil {
		to, err := l.create(name)
		if err != nil {
			return fmt.Errorf("create %s: %w", name, err)
		}
		f = &logFile{to: to}
		if n := len(l.spare); n > 0 {
			f.gz, l.spare = l.spare[n-1], l.spare[:n-1]
			f.gz.Reset(to)
		} else {
			f.gz = gzip.NewWriter(to)
		}
		l.open[name] = f
		if _, err := io.WriteString(f.gz, `{"Records":[`); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	} else if _, err := io.WriteString(f.gz, ","); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if _, err := f.gz.Write(e.JSON); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// close ends all files of the window.
func (l *logFiles) close() error {
	names := make([]string, 0, len(l.open))
	for name := range l.open {
		names = append(names, name)
	}
	slices.Sort(names)
	var errs []error
	for _, name := range names {
		f := l.open[name]
		_, err := io.WriteString(f.gz, "]}")
		if err = errors.Join(err, f.gz.Close(), f.to.Close()); err != nil {
			errs = append(errs, fmt.Errorf("write %s: %w", name, err))
		}
		l.spare = append(l.spare, f.gz)
		delete(l.open, name)
	}
	return errors.Join(errs...)
}

// LogFileName is the key of the log file that CloudTrail delivers at a time.
func LogFileName(account, region string, at time.Time) string {
	at = at.UTC()
	stamp := at.Format("20060102T1504Z")
	unique := iamID("", "log file", account, region, stamp)[:16]
	return fmt.Sprintf("AWSLogs/%s/CloudTrail/%s/%s/%s_CloudTrail_%s_%s_%s.json.gz",
		account, region, at.Format("2006/01/02"), account, region, stamp, unique)
}

// WriteEvents runs the simulation and writes it as the events that EventBridge
// delivers, one a line.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
func (s *Simulation) WriteEvents(w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<16)
	err := s.Run(func(e Event) error {
		_, err := out.Write(append(EventBridge(e), '\n'))
		return err
	})
	if err = errors.Join(err, out.Flush()); err != nil {
		return fmt.Errorf("write events: %w", err)
	}
	return nil
}

// EventBridge is the event that EventBridge makes of e.
func EventBridge(e Event) []byte {
	kind := map[string]string{
		"AwsApiCall": "AWS API Call", "AwsServiceEvent": "AWS Service Event", "AwsVpceEvent": "AWS Network Activity Event",
	}[e.Type]
	b := doc(make([]byte, 0, len(e.JSON)+320))
	b = append(b, '{')
	b.text("version", "0")
	b.text("id", uuidOf("eventbridge", e.ID))
	b.text("detail-type", kind+" via CloudTrail")
	b.text("source", "aws.chime")
	b.text("account", e.Account)
	b.text("time", e.Time.Format(time.RFC3339))
	b.text("region", e.Region)
	b.raw("resources", "[]")
	b.raw("detail", string(e.JSON))
	b.shut()
	return b
}

// truthSchema names the layout of Truth.
const truthSchema = "chimewatch.labels/1"

// Truth is what a simulation was and what in it was what: the file beside
// simulated traffic.
type Truth struct {
	Schema    string  `json:"schema"`
	Simulator int     `json:"simulator"` // Version
	Config    Config  `json:"config"`
	Labels    []Label `json:"labels"`
}

// Truth returns the truth about the last run.
func (s *Simulation) Truth() Truth {
	labels := s.Labels()
	if labels == nil {
		labels = []Label{}
	}
	return Truth{Schema: truthSchema, Simulator: Version, Config: s.config, Labels: labels}
}

// Write writes t as indented JSON.
func (t Truth) Write(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(t); err != nil {
		return fmt.Errorf("write labels: %w", err)
	}
	return nil
}

// ReadTruth reads what Write wrote, and refuses other documents.
func ReadTruth(r io.Reader) (Truth, error) {
	var t Truth
	if err := json.NewDecoder(r).Decode(&t); err != nil {
		return Truth{}, fmt.Errorf("labels: %w", err)
	}
	if t.Schema != truthSchema {
		return Truth{}, fmt.Errorf("labels: schema %q is not %q; write them with chimewatch simulate", t.Schema, truthSchema)
	}
	for i, l := range t.Labels {
		if l.ID == "" || (l.Kind != Attack && l.Kind != Benign) {
			return Truth{}, fmt.Errorf("labels: entry %d has no id or no kind attack or benign", i)
		}
	}
	return t, nil
}
