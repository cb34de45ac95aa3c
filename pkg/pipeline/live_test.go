package pipeline_test

import (
	"context"
	"testing"
	"time"

	"chimewatch/pkg/adapters/memstore"
	"chimewatch/pkg/config"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

// live is an engine on an empty store, with who is told by it.
type live struct {
	*pipeline.Engine
	store *memstore.Store
	told  *receiver
	now   *clock
}

func newLive(t *testing.T, now time.Time, options pipeline.Options) *live {
	t.Helper()
	hasher := tally.NewHasher([]byte("x"))
	l := &live{store: memstore.New(hasher), told: &receiver{}, now: &clock{now: now}}
	var err error
	if l.Engine, err = pipeline.NewEngine(config.Default(), l.store, hasher, l.told, l.now, options); err != nil {
		t.Fatal(err)
	}
	return l
}

// take processes one message.
func (l *live) take(t *testing.T, records []string) {
	t.Helper()
	out, err := l.Process(context.Background(), []pipeline.Message{{ID: "m", Items: items(t, records)}})
	if err != nil || len(out.Failed) > 0 {
		t.Fatalf("%v %v", err, out.Failed)
	}
}
