package templatetest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the zones, whatever the machine has
)

// field is one field of a cron expression.
type field struct {
	name     string
	min, max int
	names    []string // other names of the values, from min on
	special  string   // characters with a meaning of their own
}

var (
	rate = regexp.MustCompile(`^rate\(([1-9]\d*) (minute|minutes|hour|hours|day|days)\)$`)
	cron = regexp.MustCompile(`^cron\(([^()]+)\)$`)

	special = regexp.MustCompile(`^(L|LW|\d{1,2}W|\d{1,2}L|[1-7]#[1-5]|[A-Z]{3}#[1-5])$`)
)

// CheckExpression returns an error that says what is wrong with a rate or cron
// expression of EventBridge Scheduler.
//
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
func CheckExpression(text string) error {
	if m := rate.FindStringSubmatch(text); m != nil {
		if one, plural := m[1] == "1", strings.HasSuffix(m[2], "s"); one == plural {
			return fmt.Errorf("%s: 1 wants the singular, more the plural", text)
		}
		return nil
	}
	m := cron.FindStringSubmatch(text)
	if m == nil {
		return fmt.Errorf("%s is neither rate(...) nor cron(...)", text)
	}
	layout := [...]field{
		{"minutes", 0, 59, nil, ""},
		{"hours", 0, 23, nil, ""},
		{"day of month", 1, 31, nil, "?LW"},
		{"month", 1, 12, strings.Fields("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"), ""},
		{"day of week", 1, 7, strings.Fields("SUN MON TUE WED THU FRI SAT"), "?L#"},
		{"year", 1970, 2199, nil, ""},
	}
	got := strings.Fields(m[1])
	if len(got) != len(layout) {
		return fmt.Errorf("%s has %d fields, not 6: minutes, hours, day of month, month, day of week, year", text, len(got))
	}
	if (got[2] == "?") == (got[4] == "?") {
		return fmt.Errorf("%s: exactly one of day of month and day of week has to be ?", text)
	}
	for i, f := range layout {
		if err := f.check(got[i]); err != nil {
			return fmt.Errorf("%s: %s: %w", text, f.name, err)
		}
	}
	return nil
}

func (f field) check(text string) error {
	for item := range strings.SplitSeq(text, ",") {
		if f.special != "" && (item == "?" || strings.ContainsAny(item, f.special) && special.MatchString(item)) {
			continue
		}
		span, step, stepped := strings.Cut(item, "/")
		if n, err := strconv.Atoi(step); stepped && (err != nil || n < 1) {
			return fmt.Errorf("%s is no step", step)
		}
		if span == "*" {
			continue
		}
		first, last, isRange := strings.Cut(span, "-")
		low, err := f.value(first)
		if err != nil {
			return err
		}
		if isRange {
			high, err := f.value(last)
			if err != nil {
				return err
			}
			if high < low {
				return fmt.Errorf("%s goes backwards", span)
			}
		}
	}
	return nil
}

func (f field) value(text string) (int, error) {
	for i, name := range f.names {
		if strings.EqualFold(text, name) {
			return f.min + i, nil
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < f.min || n > f.max {
		return 0, fmt.Errorf("%s is not between %d and %d", text, f.min, f.max)
	}
	return n, nil
}

// CheckTimeZone returns an error unless name is in the IANA time zone database.
func CheckTimeZone(name string) error {
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		return fmt.Errorf("%q is no time zone of the IANA database", name)
	}
	return nil
}

func validJSON(text string) bool { return json.Valid([]byte(text)) }
