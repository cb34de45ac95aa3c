package deployed

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns"

	"chimewatch/pkg/adapters/emf"
	"chimewatch/pkg/adapters/lambdaevent"
	"chimewatch/pkg/adapters/memstore"
	"chimewatch/pkg/adapters/snsnotify"
	"chimewatch/pkg/alert"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/triage"
)

// drillMemory is how long a drill is remembered: as long as its queue keeps its
// messages. After that the next one begins from nothing, so that it neither
// grows nor becomes what is usual.
const drillMemory = time.Hour

// drillAge is how old the event of a drill may be: any age, for drills are
// simulated.
const drillAge = 100 * 365 * 24 * time.Hour

// drill returns what drills take: the configuration in force, with what it
// suppresses, and the real topics, but a store in memory.
func (p *Parts) drill() *lambdaevent.Drill {
	notifier := snsnotify.New(sns.NewFromConfig(p.AWS), snsnotify.Config{
		Topics: p.Settings.topics(),
		// Every topic is tried, whatever severity it takes else.
		Options: alert.Options{Version: p.Settings.Version, Least: alert.Least{People: triage.Low, Machines: triage.Low, Chat: triage.Low}},
		Drill:   true,
	})
	var store *memstore.Store
	var since time.Time
	engine := func(ctx context.Context) (lambdaevent.Engine, error) {
		c, err := p.Config(ctx)
		if err != nil {
			return nil, err
		}
		if now := (Clock{}).Now(); store == nil || now.Sub(since) > drillMemory {
			store, since = memstore.New(p.Hasher), now
		}
		return pipeline.NewEngine(c, store, p.Hasher, notifier, Clock{}, pipeline.Options{Least: triage.Low, MaxAge: drillAge})
	}
	return &lambdaevent.Drill{Queue: p.Settings.DrillQueue, Engine: engine, Report: p.reportDrill}
}

// reportDrill writes what came of a drill as metrics of its own.
func (p *Parts) reportDrill(out pipeline.Outcome) {
	p.count(map[string]emf.Value{
		"DrillRecords": {Value: float64(out.Records), Unit: emf.Count},
		"DrillAlerts":  {Value: float64(out.AlertsSent), Unit: emf.Count},
	})
}
