package deployed

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"chimewatch/pkg/adapters/awsconf"
	"chimewatch/pkg/adapters/dynamostore"
	"chimewatch/pkg/adapters/emf"
	"chimewatch/pkg/adapters/eventbus"
	"chimewatch/pkg/adapters/s3config"
	"chimewatch/pkg/adapters/snsnotify"
	"chimewatch/pkg/alert"
	"chimewatch/pkg/chime"
	"chimewatch/pkg/config"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

// refresh is how long a configuration is in force before the object is looked
// at again.
const refresh = time.Minute

// Parts are what the functions are made of. They are made once for a process.
type Parts struct {
	Settings Settings
	AWS      aws.Config
	Log      *slog.Logger
	Metrics  emf.Writer
	Store    *dynamostore.Store
	Notifier pipeline.Notifier
	Hasher   tally.Hasher

	name   string
	health Health
	notes  notes
	source *s3config.Source
	engine *pipeline.Engine
	origin string // of the configuration that the engine was made with
	said   string // the problem that was logged last

	narrowed string // the configuration of which scope.all was put off last
	mayAlert bool   // see ready
}

// Clock is the wall clock.
type Clock struct{}

// Now returns the time in UTC.
func (Clock) Now() time.Time { return time.Now().UTC() }

// New reads the environment and makes the parts. The name is the function's.
func New(name string) (*Parts, error) {
	settings, err := ReadSettings()
	if err != nil {
		return nil, err
	}
	cfg, err := awsconf.Lambda()
	if err != nil {
		return nil, err
	}
	notifier, err := newNotifier(cfg, settings)
	if err != nil {
		return nil, err
	}
	hasher := tally.NewHasher([]byte(settings.HashSecret))
	storing := dynamostore.DefaultConfig(settings.Table)
	storing.Hasher, storing.Retention = hasher, settings.Retention()
	storing.Keep = max(storing.Keep, storing.Retention)
	storing.Now, storing.Random = Clock{}.Now, rand.Uint64
	store, err := dynamostore.New(dynamodb.NewFromConfig(cfg), storing)
	if err != nil {
		return nil, err
	}
	// Path-style addresses work with every endpoint, local ones too.
	buckets := s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = cfg.BaseEndpoint != nil
		o.DisableLogOutputChecksumValidationSkipped = true // a line in the log for every object without one
	})
	return &Parts{
		name: name, health: store,
		Settings: settings, AWS: cfg, Hasher: hasher, Store: store, Notifier: notifier,
		Log:     slog.New(slog.NewJSONHandler(os.Stdout, nil)).With("function", name, "version", settings.Version),
		Metrics: emf.Writer{Out: os.Stdout, Namespace: settings.MetricNamespace, Function: settings.Function},
		source:  s3config.New(buckets, settings.Bucket, settings.ConfigKey, refresh, Clock{}.Now),
	}, nil
}

// newNotifier returns what tells the topics and, where one is named, the bus.
func newNotifier(cfg aws.Config, s Settings) (pipeline.Notifier, error) {
	least, err := s.Least()
	if err != nil {
		return nil, err
	}
	topics := snsnotify.New(sns.NewFromConfig(cfg), snsnotify.Config{
		Topics:  s.topics(),
		Options: alert.Options{Version: s.Version, Least: least},
	})
	if s.IncidentBus == "" {
		return topics, nil
	}
	return eventbus.New(eventbridge.NewFromConfig(cfg), s.IncidentBus, topics), nil
}

func (s Settings) topics() snsnotify.Topics {
	return snsnotify.Topics{People: s.AlertTopic, Machines: s.FindingTopic, Chat: s.ChatTopic}
}

// Config returns the configuration in force. A problem with the object is
// logged and counted, and changes nothing.
func (p *Parts) Config(ctx context.Context) (config.Config, error) {
	c, _, err := p.load(ctx)
	return c, err
}

func (p *Parts) load(ctx context.Context) (config.Config, string, error) {
	state, err := p.source.Load(ctx)
	if err != nil {
		return config.Config{}, "", err
	}
	problem := ""
	if state.Problem != nil {
		problem = state.Problem.Error()
	}
	if problem != p.said {
		p.said = problem
		if problem != "" {
			p.Log.WarnContext(ctx, "configuration has a problem, the last good one stays in force", "in_force", state.Origin, "reason", problem)
		} else {
			p.Log.InfoContext(ctx, "configuration in force", "in_force", state.Origin)
		}
	}
	if problem != "" {
		p.count(map[string]emf.Value{"ConfigurationRefused": {Value: 1, Unit: emf.Count}})
	}
	c := state.Config
	if c.Scope.All {
		c.Scope.All = false
		if p.narrowed != state.Origin {
			p.narrowed = state.Origin
			p.Log.WarnContext(ctx, "scope.all of the configuration is not in force", "in_force", state.Origin,
				"reason", "the rules of the deployment let events of messaging only through: name event sources in the parameter EventSources instead")
		}
	}
	if len(p.Settings.EventSources) > 0 {
		if len(c.Scope.Sources) == 0 {
			c.Scope.Sources = chime.DefaultSources()
		}
		c.Scope.Sources = slices.Concat(c.Scope.Sources, p.Settings.EventSources)
	}
	if err := c.Validate(); err != nil {
		return config.Config{}, "", fmt.Errorf("CHIMEWATCH_EVENT_SOURCES: %w", err)
	}
	return c, state.Origin, nil
}

// Engine returns the engine for the configuration in force: the same one as
// long as that does not change.
func (p *Parts) Engine(ctx context.Context) (*pipeline.Engine, error) {
	c, origin, err := p.load(ctx)
	if err != nil {
		return nil, err
	}
	if p.engine != nil && origin == p.origin {
		return p.engine, nil
	}
	options, err := p.Settings.Options()
	if err != nil {
		return nil, err
	}
	options.Ready = p.ready
	engine, err := pipeline.NewEngine(c, p.Store, p.Hasher, p.Notifier, Clock{}, options)
	if err != nil {
		return nil, err
	}
	p.engine, p.origin = engine, origin
	return engine, nil
}

func (p *Parts) count(metrics map[string]emf.Value) {
	if err := p.Metrics.Write(time.Now(), metrics); err != nil {
		p.Log.Warn("metrics not written", "reason", err.Error())
	}
}
