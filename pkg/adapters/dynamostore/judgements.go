package dynamostore

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// storedJudgement is what a judgement says beside its place.
type storedJudgement struct {
	Findings []triage.Finding
	Signals  []triage.Signal
}

// PutJudgements implements pipeline.Store. What would change nothing is not
// written.
func (s *Store) PutJudgements(ctx context.Context, judgements []pipeline.Judgement) error {
	now := s.config.Now()
	latest := make(map[key]pipeline.Judgement, len(judgements))
	keys := make([]key, 0, len(judgements))
	for _, j := range judgements {
		k := judgementKey(subjectID(s.config.Hasher, j.At.Subject), j.At.Hour)
		if old, ok := latest[k]; !ok || old.Knowledge <= j.Knowledge {
			latest[k] = j
			keys = append(keys, k)
		}
	}
	read, err := s.getLive(ctx, keys, now)
	if err != nil {
		return fmt.Errorf("putting judgements: %w", err)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for k, j := range latest {
		g.Go(func() error { return s.putJudgement(ctx, k, &j, read[k], now) })
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("putting judgements: %w", err)
	}
	return nil
}

// putJudgement puts one judgement where another was read, or none.
func (s *Store) putJudgement(ctx context.Context, k key, j *pipeline.Judgement, old item, now time.Time) error {
	packed, err := pack(storedJudgement{j.Findings, j.Signals})
	if err != nil {
		return fmt.Errorf("%s %.80q: %w", j.At.Subject.Kind, j.At.Subject.Key, err)
	}
	knowledge := &types.AttributeValueMemberN{Value: strconv.FormatUint(j.Knowledge, 10)}
	it := newItem(k, now.Add(s.config.Keep))
	it["k"] = knowledge
	it.setBytes("b", packed)
	if old != nil && old.unsigned("k") == j.Knowledge && string(old.bytes("b")) == string(packed) {
		return nil
	}
	if old == nil {
		// The entry comes before the judgement: readers pass over an entry without
		// one, but would miss a judgement without an entry.
		id := subjectID(s.config.Hasher, j.At.Subject)
		if err := s.note(ctx, indexEntry(judgementIndexKey(id, j.At.Hour), k, now.Add(s.config.Keep)), now); err != nil {
			return err
		}
	}
	newest := unless(now)
	newest.expression += " OR k <= :k"
	newest.values[":k"] = knowledge
	return s.note(ctx, it, now, newest)
}

// note puts an item unless something that must stay is there.
func (s *Store) note(ctx context.Context, it item, now time.Time, or ...condition) error {
	c := unless(now)
	if len(or) > 0 {
		c = or[0]
	}
	p := patience{store: s}
	for {
		err := s.putItem(ctx, it, c)
		if err == nil || refused(err) {
			return nil
		}
		if !p.wait(ctx, err) {
			return fmt.Errorf("PutItem: %w", err)
		}
	}
}

// Judgements implements pipeline.Store.
func (s *Store) Judgements(ctx context.Context, subject tally.Subject, first, last tally.Hour) ([]pipeline.Judgement, error) {
	now := s.config.Now()
	first = max(first, tally.HourOf(now.Add(-s.config.Keep-s.config.Retention)))
	last = min(last, tally.HourOf(now.Add(futureBound)))
	if first > last {
		return nil, nil
	}
	in := between(subjectPartition(subjectID(s.config.Hasher, subject)), "j#"+hourText(first), "j#"+hourText(last))
	var out []pipeline.Judgement
	err := s.query(ctx, in, func(it item) error {
		if it.expired(now) {
			return nil
		}
		j, err := judgementOf(it)
		if err != nil {
			return err
		}
		hour, err := hourIn(it)
		out = append(out, pipeline.Judgement{
			At: tally.At{Subject: subject, Hour: hour}, Knowledge: it.unsigned("k"), Findings: j.Findings, Signals: j.Signals,
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading judgements of %s %.80q: %w", subject.Kind, subject.Key, err)
	}
	return out, nil
}

func judgementOf(it item) (storedJudgement, error) {
	var j storedJudgement
	return j, it.unpack(&j)
}
