package dynamostore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"

	"chimewatch/pkg/summary"
	"chimewatch/pkg/tally"
)

// healthShards is how many partitions the counters of a day are spread over. It
// is part of the schema.
const healthShards = 4

// counter is a number of an hour of the watch with the attribute that holds it.
type counter struct {
	attribute string
	value     *int64
}

// counters are the numbers of an hour that add up.
func counters(h *summary.HealthHour) []counter {
	return []counter{
		{"re", &h.Records}, {"de", &h.Denials}, {"du", &h.Duplicates}, {"co", &h.Conflicts}, {"la", &h.Late}, {"ex", &h.Expired},
		{"ma", &h.Malformed}, {"fa", &h.Failed}, {"al", &h.Alerts}, {"lo", &h.Looked}, {"mi", &h.Missed}, {"lu", &h.Lookups}, {"cv", &h.Covered},
	}
}

// deadAttribute holds HealthHour.Dead, which is no sum: the last one stays.
const deadAttribute = "dl"

func healthPartition(d tally.Day, shard int) string { return fmt.Sprintf("c#%s#%d", dayText(d), shard) }

// AddHealth adds what a function did in one invocation to what the watch did in
// the hour, with one request. An hour to which nothing adds anything but itself
// is a sign of life.
//
// A request that is repeated, since its answer was lost, counts twice, and that
// of a process that was killed never: these counters say how the watch is; no
// finding rests on them.
func (s *Store) AddHealth(ctx context.Context, function string, h summary.HealthHour) error {
	k := key{healthPartition(h.Hour.Day(), int(s.config.Random()%healthShards)), hourText(h.Hour) + "#" + short(function)}
	set, add := []string{"f = :f", "x = :x"}, []string(nil)
	values := item{":f": number(format), ":x": number((h.Hour + 1).Start().Add(s.config.Keep).Unix())}
	if h.Dead > 0 {
		set, values[":d"] = append(set, deadAttribute+" = :d"), number(h.Dead)
	}
	for _, c := range counters(&h) {
		if *c.value != 0 {
			add = append(add, c.attribute+" :"+c.attribute)
			values[":"+c.attribute] = number(*c.value)
		}
	}
	expression := "SET " + strings.Join(set, ", ")
	if len(add) > 0 {
		expression += " ADD " + strings.Join(add, ", ")
	}
	_, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.config.Table, Key: k.item(), UpdateExpression: aws.String(expression), ExpressionAttributeValues: values,
	})
	if err != nil {
		return fmt.Errorf("noting how the watch does: UpdateItem: %w", err)
	}
	return nil
}

// HealthHours implements summary.Store.
func (s *Store) HealthHours(ctx context.Context, first, last tally.Hour) ([]summary.HealthHour, error) {
	now := s.config.Now()
	first, last = max(first, tally.HourOf(now.Add(-s.config.Keep))-24), min(last, tally.HourOf(now.Add(futureBound)))
	hours := map[string]*summary.HealthHour{}
	for h := first; h <= last; h++ {
		hours[hourText(h)] = &summary.HealthHour{Hour: h}
	}
	var mu sync.Mutex
	var out []summary.HealthHour
	awake := map[tally.Hour]bool{}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for d := first.Day(); d <= last.Day(); d++ {
		for i := range healthShards {
			g.Go(func() error {
				return s.query(ctx, between(healthPartition(d, i), hourText(first), hourText(last)+"~"), func(it item) error {
					mu.Lock()
					defer mu.Unlock()
					name, _, _ := strings.Cut(it.text("sk"), "#")
					h := hours[name]
					if h == nil || it.expired(now) {
						return nil
					}
					if err := it.check(); err != nil {
						return err
					}
					awake[h.Hour] = true
					for _, c := range counters(h) {
						*c.value += it.number(c.attribute)
					}
					h.Dead = max(h.Dead, it.number(deadAttribute))
					return nil
				})
			})
		}
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("reading how the watch did: %w", err)
	}
	for _, h := range hours {
		if awake[h.Hour] {
			out = append(out, *h)
		}
	}
	slices.SortFunc(out, func(a, b summary.HealthHour) int { return int(a.Hour - b.Hour) })
	return out, nil
}
