package dynamostore

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// What people did about an incident is an item of its own beside it: the
// incident is put anew whenever it is decided on.

// handlingKey is that of what people did about the incident in an item.
func handlingKey(partition, incident string) key { return key{partition, "c#" + short(incident)} }

// Handling implements pipeline.Store.
func (s *Store) Handling(ctx context.Context, subject tally.Subject, incident string) (triage.Handling, error) {
	h, _, err := s.handling(ctx, handlingKey(subjectPartition(subjectID(s.config.Hasher, subject)), incident))
	if err != nil {
		return triage.Handling{}, fmt.Errorf("reading what was done about incident %s: %w", incident, err)
	}
	return h, nil
}

func (s *Store) handling(ctx context.Context, k key) (h triage.Handling, read item, err error) {
	items, err := s.get(ctx, []key{k})
	if err != nil || items[k] == nil || items[k].expired(s.config.Now()) {
		return triage.Handling{}, items[k], err
	}
	return h, items[k], items[k].unpack(&h)
}

// Handle implements pipeline.Store.
func (s *Store) Handle(ctx context.Context, subject tally.Subject, incident string, act triage.Act) (triage.Handling, error) {
	return s.handle(ctx, subjectPartition(subjectID(s.config.Hasher, subject)), incident, act)
}

func (s *Store) handle(ctx context.Context, partition, incident string, act triage.Act) (triage.Handling, error) {
	k := handlingKey(partition, incident)
	p := patience{store: s}
	for {
		now := s.config.Now()
		old, read, err := s.handling(ctx, k)
		if err != nil {
			return triage.Handling{}, fmt.Errorf("noting what was done about incident %s: %w", incident, err)
		}
		h := old.With(act)
		it := newItem(k, now.Add(s.config.Keep))
		if err := it.pack(h); err != nil {
			return triage.Handling{}, fmt.Errorf("noting what was done about incident %s: %w", incident, err)
		}
		it.nextVersion(read)
		err = s.putItem(ctx, it, ifVersion(read, now))
		if err == nil {
			return h, nil
		}
		if !refused(err) && !p.wait(ctx, err) || refused(err) && ctx.Err() != nil {
			return triage.Handling{}, fmt.Errorf("noting what was done about incident %s: PutItem: %w", incident, err)
		}
	}
}

// Handled is an incident with what people did about it.
type Handled struct {
	triage.Incident
	triage.Handling

	partition string
}

// HandledOf returns the incidents that were raised on the days from first to
// last, with what people did about them, in the order of package triage. It
// needs no particular Hasher.
func (s *Store) HandledOf(ctx context.Context, first, last tally.Day) ([]Handled, error) {
	var out []Handled
	var keys []key
	err := s.indexed(ctx, first, last, "i#", func(it item) error {
		var st triage.State
		err := it.unpack(&st)
		out = append(out, Handled{Incident: st.Incident, partition: it.text("pk")})
		keys = append(keys, handlingKey(it.text("pk"), st.ID))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the incidents of days: %w", err)
	}
	read, err := s.getLive(ctx, keys, s.config.Now())
	if err != nil {
		return nil, fmt.Errorf("reading what was done about incidents: %w", err)
	}
	for i, k := range keys {
		if it := read[k]; it != nil {
			if err := it.unpack(&out[i].Handling); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(out, func(a, b Handled) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), a.RaisedAt.Compare(b.RaisedAt), a.Subject.Compare(b.Subject), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// HandleIncident notes an act about an incident that was read.
func (s *Store) HandleIncident(ctx context.Context, h Handled, act triage.Act) (Handled, error) {
	var err error
	h.Handling, err = s.handle(ctx, h.partition, h.ID, act)
	return h, err
}
