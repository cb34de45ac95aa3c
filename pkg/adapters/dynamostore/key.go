package dynamostore

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/tally"
)

// key is the primary key of an item.
type key struct{ pk, sk string }

// ledgerKey is that of the one ledger.
func ledgerKey() key { return key{"l", "l"} }

// Numbers of partitions that things of one day, alerts and waiting places are
// spread over. They are part of the schema.
const (
	dayShards    = 32
	outboxShards = 4
	queueShards  = 4
)

// digest shortens a text of any length and content to 22 characters.
func digest(parts ...string) string {
	var buf []byte
	for _, p := range parts {
		buf = append(binary.AppendUvarint(buf, uint64(len(p))), p...)
	}
	sum := sha256.Sum256(buf)
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// evidenceKey is readable where the record's key is made of harmless
// characters, as those of CloudTrail are.
func evidenceKey(k cloudtrail.Key) key {
	if plain(k.Account) && plain(k.Region) && plain(k.EventID) {
		return key{"e#" + k.Account + "#" + k.Region + "#" + k.EventID, "e"}
	}
	return key{"e#~" + digest(k.Account, k.Region, k.EventID), "e"}
}

func plain(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == ':') {
			return false
		}
	}
	return true
}

// subjectID stands for a subject in keys: a letter for its kind, then a hash. A
// policy is known by the element that stands for it in tallies.
func subjectID(h tally.Hasher, s tally.Subject) string {
	switch s.Kind {
	case tally.Principal:
		return "p" + digest(s.Key)
	case tally.Bearer:
		return "b" + digest(s.Key)
	case tally.AccessKey:
		return "k" + digest(s.Key)
	case tally.Network:
		return "n" + digest(s.Key)
	case tally.Policy:
		return policyID(h.Policy(s))
	}
	return "u" + digest(s.Kind.String(), s.Key)
}

func policyID(element uint64) string { return fmt.Sprintf("o%016x", element) }

// shard spreads ids evenly.
func shard(id string, of int) int {
	sum := sha256.Sum256([]byte(id))
	return int(sum[0]) % of
}

func dayText(d tally.Day) string { return d.First().Start().Format("2006-01-02") }

// dayPartition is one of the partitions in which what there is of a day is
// noted.
func dayPartition(d tally.Day, shard int) string { return fmt.Sprintf("d#%s#%02d", dayText(d), shard) }

// dayKey is that of one of the items that hold a subject's day.
func dayKey(id string, d tally.Day, part int) key {
	k := key{subjectPartition(id), "d#" + dayText(d)}
	if part > 0 {
		k.sk = fmt.Sprintf("%s+%d", k.sk, part)
	}
	return k
}

// dayIndexKey is that of the entry by which a day's principals are found.
func dayIndexKey(id string, d tally.Day) key {
	return key{dayPartition(d, shard(id, dayShards)), "d#" + id}
}

const hourLayout = "2006-01-02T15"

func hourText(h tally.Hour) string { return h.Start().Format(hourLayout) }

// hourIn returns the hour that the sort key of a detail or a judgement names.
func hourIn(it item) (tally.Hour, error) {
	_, text, _ := strings.Cut(it.text("sk"), "#")
	at, err := time.Parse(hourLayout, text)
	if err != nil {
		return 0, fmt.Errorf("%w: item %q %q: %w", errCorrupt, it.text("pk"), it.text("sk"), err)
	}
	return tally.HourOf(at), nil
}

func subjectPartition(id string) string { return "s#" + id }

func detailKey(id string, h tally.Hour) key { return key{subjectPartition(id), "h#" + hourText(h)} }

func sightingsKey(place uint64) key { return key{fmt.Sprintf("n#%016x", place), "n"} }

func judgementKey(id string, h tally.Hour) key {
	return key{subjectPartition(id), "j#" + hourText(h)}
}

// judgementIndexKey is that of the entry by which a day's judgements are found.
func judgementIndexKey(id string, h tally.Hour) key {
	return key{dayPartition(h.Day(), shard(id, dayShards)), "j#" + id + "#" + hourText(h)}
}

// headKey is that of the list of a subject's incidents.
func headKey(id string) key { return key{subjectPartition(id), "i"} }

func incidentKey(id, incident string) key { return key{subjectPartition(id), "i#" + short(incident)} }

// incidentIndexKey is that of the entry by which a day's incidents are found.
func incidentIndexKey(id string, raised time.Time, incident string) key {
	return key{dayPartition(tally.DayOf(raised), shard(id, dayShards)), "i#" + id + "#" + short(incident)}
}

func alertKey(alert string) key { return key{"a#" + short(alert), "a"} }

func outboxPartition(shard int) string { return fmt.Sprintf("o#%d", shard) }

func outboxKey(subject, alert string, due time.Time) key {
	return key{outboxPartition(shard(subject, outboxShards)), instant(due) + "#" + short(alert)}
}

func queuePartition(shard int) string { return fmt.Sprintf("w#%d", shard) }

func queueKey(id string, h tally.Hour, due time.Time) key {
	return key{queuePartition(shard(id, queueShards)), instant(due) + "#" + id + "#" + hourText(h)}
}

// instant is a time as text that sorts as times do, from 1970 on.
func instant(t time.Time) string {
	return fmt.Sprintf("%012d.%09d", max(t.Unix(), 0), t.Nanosecond())
}

// short returns an id that may stand in a key.
func short(id string) string {
	if plain(id) {
		return id
	}
	return "~" + digest(id)
}
