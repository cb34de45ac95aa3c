package dynamostore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// The incidents of a subject are one item each, and a head: the version of the
// list, and which incidents it has in which version. A query may see one item
// before and another after a transaction. The head tells, and then it is asked
// again: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html

// head is the list of a subject's incidents, by id.
type head map[string]entry

// entry says in which version an incident was put last, and until when it is
// kept, in seconds since 1970.
type entry struct {
	Version int64 `json:"v"`
	Expires int64 `json:"x"`
}

// headOf returns the list in an item without what has expired.
func headOf(it item, now time.Time) (head, error) {
	h := head{}
	if it == nil || it.expired(now) {
		return h, nil
	}
	if err := it.unpack(&h); err != nil {
		return nil, err
	}
	maps.DeleteFunc(h, func(_ string, e entry) bool { return e.Expires <= now.Unix() })
	return h, nil
}

// errTorn says that a query met a transaction.
var errTorn = errors.New("incidents changed while they were read")

// Incidents implements pipeline.Store.
func (s *Store) Incidents(ctx context.Context, subject tally.Subject) ([]triage.State, pipeline.Version, error) {
	id := subjectID(s.config.Hasher, subject)
	p := patience{store: s}
	for {
		states, version, err := s.incidents(ctx, id)
		if err == nil {
			return states, version, nil
		}
		if !errors.Is(err, errTorn) || !p.wait(ctx, err) {
			return nil, 0, fmt.Errorf("reading the incidents of %s %.80q: %w", subject.Kind, subject.Key, err)
		}
	}
}

func (s *Store) incidents(ctx context.Context, id string) ([]triage.State, pipeline.Version, error) {
	now := s.config.Now()
	items := map[key]item{}
	err := s.query(ctx, under(subjectPartition(id), "i"), func(it item) error {
		items[it.key()] = it
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	it := items[headKey(id)]
	list, err := headOf(it, now)
	if err != nil {
		return nil, 0, err
	}
	states := make([]triage.State, 0, len(list))
	for incident, e := range list {
		it := items[incidentKey(id, incident)]
		if it.number("v") != e.Version {
			return nil, 0, errTorn
		}
		var st triage.State
		if err := it.unpack(&st); err != nil {
			return nil, 0, err
		}
		states = append(states, st)
	}
	slices.SortFunc(states, func(a, b triage.State) int {
		return cmp.Or(a.RaisedAt.Compare(b.RaisedAt), cmp.Compare(a.ID, b.ID))
	})
	if it.expired(now) {
		return states, 0, nil
	}
	return states, pipeline.Version(it.number("v")), nil
}

// PutIncidents implements pipeline.Store. One call takes about thirty incidents
// and alerts; many more are refused with an error.
func (s *Store) PutIncidents(ctx context.Context, subject tally.Subject, version pipeline.Version, change pipeline.IncidentChange) error {
	if err := s.putIncidents(ctx, subject, version, change); err != nil {
		return fmt.Errorf("putting incidents of %s %.80q: %w", subject.Kind, subject.Key, err)
	}
	return nil
}

func (s *Store) putIncidents(ctx context.Context, subject tally.Subject, version pipeline.Version, change pipeline.IncidentChange) error {
	now, id := s.config.Now(), subjectID(s.config.Hasher, subject)
	keys := []key{headKey(id)}
	for _, a := range change.Alerts {
		keys = append(keys, alertKey(a.ID))
	}
	for _, alert := range change.Withdraw {
		keys = append(keys, alertKey(alert))
	}
	read, err := s.get(ctx, keys)
	if err != nil {
		return err
	}
	old := read[headKey(id)]
	if old != nil && old.expired(now) {
		old = nil
	}
	if pipeline.Version(old.number("v")) != version {
		return pipeline.ErrStale
	}
	list, err := headOf(old, now)
	if err != nil {
		return err
	}
	writes, err := s.incidentWrites(id, list, read[headKey(id)].number("v")+1, change, now)
	if err != nil {
		return err
	}
	for _, a := range unput(change.Alerts, read) {
		items, err := alertItems(id, a)
		if err != nil {
			return err
		}
		for _, it := range items {
			writes = append(writes, s.put(it, unless(now)))
		}
	}
	for _, alert := range change.Withdraw {
		if memory := read[alertKey(alert)]; memory != nil && !memory.flag("t") {
			writes = append(writes, s.remove(memory.key(), notSent()), s.remove(memory.target(), condition{}))
		}
	}
	it := newItem(headKey(id), now.Add(s.config.Keep))
	if err := it.pack(list); err != nil {
		return err
	}
	it.nextVersion(read[headKey(id)])
	it.setText("w", s.nonce())
	writes = append(writes, s.put(it, ifVersion(read[headKey(id)], now)))
	if len(writes) > maxTransactItems {
		return fmt.Errorf("%w: %d incidents, %d to drop, %d alerts, %d to withdraw", errTooLarge, len(change.Put), len(change.Drop), len(change.Alerts), len(change.Withdraw))
	}
	return s.writeHead(ctx, it, writes)
}

// incidentWrites puts and drops incidents, and notes that in the list.
func (s *Store) incidentWrites(id string, list head, version int64, change pipeline.IncidentChange, now time.Time) ([]types.TransactWriteItem, error) {
	var writes []types.TransactWriteItem
	expires := now.Add(s.config.Keep)
	again := map[string]bool{}
	for i := range change.Put {
		st := &change.Put[i]
		again[st.ID] = true
		it := newItem(incidentKey(id, st.ID), expires)
		if err := it.pack(st); err != nil {
			return nil, fmt.Errorf("incident %s: %w", st.ID, err)
		}
		it.setNumber("v", version)
		writes = append(writes, s.put(it, condition{}))
		if _, known := list[st.ID]; !known {
			index := indexEntry(incidentIndexKey(id, st.RaisedAt, st.ID), it.key(), expires)
			writes = append(writes, s.put(index, condition{}))
		}
		list[st.ID] = entry{version, expires.Unix()}
	}
	for _, incident := range change.Drop {
		if _, there := list[incident]; there && !again[incident] {
			delete(list, incident)
			writes = append(writes, s.remove(incidentKey(id, incident), condition{}))
		}
	}
	return writes, nil
}

// writeHead runs a transaction that puts an item with a version and a writer. If
// its answer was lost, the writer tells whether it took effect.
func (s *Store) writeHead(ctx context.Context, it item, writes []types.TransactWriteItem) error {
	p := patience{store: s}
	for {
		err := s.transact(ctx, writes)
		if err == nil {
			return nil
		}
		err = fmt.Errorf("TransactWriteItems: %w", err)
		if refused(err) {
			read, readErr := s.get(ctx, []key{it.key()})
			switch {
			case readErr != nil:
				return readErr
			case read[it.key()].text("w") == it.text("w"):
				return nil
			}
			return fmt.Errorf("%w: %w", pipeline.ErrStale, err)
		}
		if !p.wait(ctx, err) {
			return err
		}
	}
}
