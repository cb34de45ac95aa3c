package s3logs

import (
	"slices"
	"strings"
	"time"
)

// Filter says which log files are wanted. The zero value wants all.
type Filter struct {
	Accounts, Regions []string // empty: all

	// Since and Until bound the days, by what the keys say; a zero time is no
	// bound. A file is written after what it holds has happened, by the day
	// after at the latest, so files of the day after Until are wanted too.
	Since, Until time.Time

	// After is a key; only keys behind it, in the order of their bytes, are
	// wanted: a listing goes on where an earlier one stopped.
	After string

	// Foreign also wants objects that CloudTrail did not name: log files that
	// somebody copied under other names.
	Foreign bool
}

// wants decides about an object. With one that is not wanted comes a key to jump
// to, or an empty one: no key up to it is wanted.
func (f *Filter) wants(key string, k Key) (wanted bool, jump string) {
	head, parts, ours := split(key)
	if !ours || len(parts) < 4 {
		return f.Foreign && !strings.HasSuffix(key, "/"), ""
	}
	account := head + parts[0] + "/"
	service := account + parts[1] + "/"
	region := service + parts[2] + "/"
	switch {
	case len(f.Accounts) > 0 && !slices.Contains(f.Accounts, parts[0]):
		return false, behind(account)
	case parts[1] != "CloudTrail": // digests, Insights events, logs of other services
		return false, behind(service)
	case len(f.Regions) > 0 && !slices.Contains(f.Regions, parts[2]):
		return false, behind(region)
	}
	// The path of a day decides about what is in it, whatever its name.
	written, err := time.Parse("2006/01/02", strings.Join(parts[3:min(len(parts), 6)], "/"))
	switch {
	case err == nil && !f.Since.IsZero() && written.Before(day(f.Since)):
		return false, region + day(f.Since).Format("2006/01/02/")
	case err == nil && !f.Until.IsZero() && written.After(day(f.Until).AddDate(0, 0, 1)):
		return false, behind(region)
	case k.Kind == Other:
		return f.Foreign && !strings.HasSuffix(key, "/"), ""
	}
	return k.Kind == LogFile, ""
}

// behind returns text that sorts behind every key that begins with prefix.
func behind(prefix string) string { return prefix + "\U0010ffff" }

func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
