package simulate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chimewatch/pkg/chime"
)

// run plays a configuration out.
func run(t testing.TB, cfg Config, see func(Event)) *Simulation {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(func(e Event) error { see(e); return nil }); err != nil {
		t.Fatal(err)
	}
	return s
}

// digest is what a configuration gives, as one hash.
func digest(t testing.TB, cfg Config) string {
	h := sha256.New()
	s := run(t, cfg, func(e Event) {
		h.Write(e.JSON)
		h.Write([]byte(e.Label + "\n"))
	})
	if err := s.Truth().Write(h); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// week is a short but full simulation.
func week() Config {
	cfg := DefaultConfig()
	cfg.Days, cfg.Principals, cfg.AttacksPerWeek, cfg.TroublesPerWeek = 8, 60, 30, 40
	return cfg
}

// TestGolden holds the traffic of a seed: published measurements name Version
// and seeds, so other traffic needs another Version.
func TestGolden(t *testing.T) {
	const version, want = 1, "3dabff46f013de4c809b107a8255ef7072ec7a421cfbbcc40f578644540cf5f8"
	got := digest(t, week())
	if got != want || version != Version {
		t.Errorf("version %d gives %s, golden is version %d, %s: if the traffic changed on purpose, raise Version and take the new values over", Version, got, version, want)
	}
}

func TestDeterministic(t *testing.T) {
	cfg := week()
	a := digest(t, cfg)
	if b := digest(t, cfg); a != b {
		t.Error("the same configuration gave other traffic")
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var first, second []byte
	for _, out := range []*[]byte{&first, &second} {
		h := sha256.New()
		if err := s.Run(func(e Event) error { h.Write(e.JSON); return nil }); err != nil {
			t.Fatal(err)
		}
		*out = h.Sum(nil)
	}
	if !bytes.Equal(first, second) {
		t.Error("a second Run gave other traffic")
	}
	cfg.Seed++
	if a == digest(t, cfg) {
		t.Error("another seed gave the same traffic")
	}
}

// TestIndependentStreams takes scenarios away and looks for any change in the
// rest.
func TestIndependentStreams(t *testing.T) {
	events := func(only ...string) map[string]string {
		cfg := week()
		cfg.Only = only
		out := map[string]string{}
		run(t, cfg, func(e Event) { out[e.ID] = e.Label + string(e.JSON) })
		return out
	}
	all := events()
	few := events("enumeration", "scp-roll-out", "posture-scanner", "app-insider")
	for id, e := range few {
		if all[id] != e {
			t.Fatalf("other scenarios changed event\n%s\nto\n%s", e, all[id])
		}
	}
	left := 0
	for id, e := range all {
		label, _, _ := strings.Cut(e, "/")
		if label == "enumeration" || label == "scp-roll-out" || label == "posture-scanner" || label == "app-insider" || strings.HasPrefix(e, "{") {
			if few[id] == "" {
				left++
			}
		}
	}
	// The nights before a scanner is hijacked are everyday traffic of that scenario.
	if left > len(all)/20 {
		t.Errorf("%d events vanished with scenarios that they are not of", left)
	}
}

// TestEvents walks every record of several seeds and holds what the package
// promises.
func TestEvents(t *testing.T) {
	for seed := range uint64(3) {
		cfg := week()
		cfg.Seed, cfg.Inside = seed, float64(seed)/2
		ids := map[string]bool{}
		type sum struct {
			events, denials               int
			principals, bearers, networks map[string]bool
			first, last                   time.Time
		}
		sums := map[string]*sum{}
		var before time.Time
		s := run(t, cfg, func(e Event) {
			r := decode(t, e.JSON)
			checkRecord(t, r, e)
			if e.Time.Before(before) {
				t.Fatalf("event %s at %v after one at %v", e.ID, e.Time, before)
			}
			before = e.Time
			if ids[e.ID] {
				t.Fatalf("event id %s came twice", e.ID)
			}
			ids[e.ID] = true
			x := sums[e.Label]
			if x == nil {
				x = &sum{principals: map[string]bool{}, bearers: map[string]bool{}, networks: map[string]bool{}, first: e.Time}
				sums[e.Label] = x
			}
			x.events++
			x.last = e.Time
			if e.Denied {
				x.denials++
			}
			x.principals[keyOf(t, r)] = true
			if b, ok := field(r, "requestParameters", "chimeBearer").(string); ok {
				x.bearers[b] = true
			}
			if n := networkOf(r); n != "" {
				x.networks[n] = true
			}
		})
		delete(sums, "")
		labels := s.Labels()
		if len(labels) != len(sums) {
			t.Errorf("%d labels for %d labelled groups of events", len(labels), len(sums))
		}
		for _, l := range labels {
			x := sums[l.ID]
			if x == nil || x.events != len(l.Events) || x.denials != l.Denials || !x.first.Equal(l.Start) || !x.last.Equal(l.End) {
				t.Errorf("label %s (%d events, %d denials, %v to %v) is not what happened: %+v", l.ID, len(l.Events), l.Denials, l.Start, l.End, x)
				continue
			}
			if !slices.Equal(l.Principals, sorted(x.principals)) {
				t.Errorf("label %s names %q, the events are by %q", l.ID, l.Principals, sorted(x.principals))
			}
			if !slices.Equal(l.Networks, sorted(x.networks)) {
				t.Errorf("label %s names %q, the events came from %q", l.ID, l.Networks, sorted(x.networks))
			}
			if !slices.Equal(l.Bearers, sorted(x.bearers)) && l.Scenario != "endpoint-policy" { // network events carry no request
				t.Errorf("label %s names bearers %q, the events %q", l.ID, l.Bearers, sorted(x.bearers))
			}
			for _, id := range l.Events {
				if !ids[id] {
					t.Errorf("label %s names event %s, which never happened", l.ID, id)
				}
			}
			if l.Kind == Attack && l.Denials == 0 {
				t.Errorf("attack %s has no denial", l.ID)
			}
		}
	}
}

// TestAnyConfig lets random small worlds run.
func TestAnyConfig(t *testing.T) {
	names := Scenarios()
	rapid.Check(t, func(rt *rapid.T) {
		cfg := Config{
			Seed:            rapid.Uint64().Draw(rt, "seed"),
			Start:           time.Unix(rapid.Int64Range(1_400_000_000, 2_000_000_000).Draw(rt, "start"), 0),
			Days:            rapid.IntRange(1, 9).Draw(rt, "days"),
			Principals:      rapid.IntRange(20, 60).Draw(rt, "principals"),
			AttacksPerWeek:  rapid.Float64Range(0, 20).Draw(rt, "attacks"),
			TroublesPerWeek: rapid.Float64Range(0, 10).Draw(rt, "troubles"),
			Inside:          rapid.Float64Range(0, 1).Draw(rt, "inside"),
			SuccessesPerDay: rapid.Float64Range(0, 1).Draw(rt, "successes"),
			InnocentDenials: rapid.Float64Range(0, 1).Draw(rt, "denials"),
			HideBearers:     rapid.Bool().Draw(rt, "hide"),
		}
		if rapid.Bool().Draw(rt, "one") {
			cfg.Only = []string{rapid.SampledFrom(names).Draw(rt, "only").Name}
			cfg.AttacksPerWeek *= 10
		}
		s, err := New(cfg)
		if err != nil {
			rt.Fatal(err)
		}
		start, end := s.Config().Start, s.Config().end()
		if err := s.Run(func(e Event) error {
			if e.Time.Before(start) || !e.Time.Before(end) {
				rt.Fatalf("event at %v is outside %v to %v", e.Time, start, end)
			}
			if !json.Valid(e.JSON) || (cfg.HideBearers && bytes.Contains(e.JSON, []byte("chimeBearer"))) {
				rt.Fatalf("bad record %s", e.JSON)
			}
			return nil
		}); err != nil {
			rt.Fatal(err)
		}
	})
}

// TestMemory lets a year go by and looks at the heap on the way.
func TestMemory(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Days, cfg.Principals, cfg.AttacksPerWeek, cfg.TroublesPerWeek, cfg.SuccessesPerDay = 300, 60, 1, 4, 1
	var stats runtime.MemStats
	var peaks []uint64
	seen := 0
	run(t, cfg, func(Event) {
		if seen++; seen%8000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&stats)
			peaks = append(peaks, stats.HeapAlloc)
		}
	})
	if len(peaks) < 4 {
		t.Fatalf("only %d events", seen)
	}
	// Labels grow by some tens of bytes an event; everything else stays.
	grown := int64(peaks[len(peaks)-1]) - int64(peaks[0])
	if limit := int64(seen)*64 + 4<<20; grown > limit {
		t.Errorf("the heap grew by %d bytes over %d events, more than %d", grown, seen, limit)
	}
}

func TestYieldError(t *testing.T) {
	s, err := New(week())
	if err != nil {
		t.Fatal(err)
	}
	stop, n := errors.New("stop"), 0
	if err := s.Run(func(Event) error {
		if n++; n == 100 {
			return stop
		}
		return nil
	}); err != stop || n != 100 {
		t.Errorf("Run returned %v after %d events", err, n)
	}
}

func TestValidate(t *testing.T) {
	for field, spoil := range map[string]func(*Config){
		"days":              func(c *Config) { c.Days = 0 },
		"principals":        func(c *Config) { c.Principals = 19 },
		"attacks_per_week":  func(c *Config) { c.AttacksPerWeek = math.NaN() },
		"troubles_per_week": func(c *Config) { c.TroublesPerWeek = -1 },
		"inside":            func(c *Config) { c.Inside = 1.5 },
		"successes_per_day": func(c *Config) { c.SuccessesPerDay = math.Inf(1) },
		"innocent_denials":  func(c *Config) { c.InnocentDenials = 11 },
		"start":             func(c *Config) { c.Start = time.Time{} },
		"only":              func(c *Config) { c.Only = []string{"no such thing"} },
	} {
		cfg := DefaultConfig()
		spoil(&cfg)
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("a bad %s gives %v", field, err)
		}
	}
}

// TestCatalogue holds the operations against the product's own catalogue, which
// was made from the API models independently.
func TestCatalogue(t *testing.T) {
	c := newCatalogue()
	if want := len(chime.Operations()); len(c.all) != want || len(c.byName) != want {
		t.Errorf("%d operations, %d names, want %d", len(c.all), len(c.byName), want)
	}
	for _, want := range chime.Operations() {
		o := c.byName[want.Name]
		if o == nil {
			t.Errorf("%s is missing", want.Name)
			continue
		}
		if o.read != want.ReadOnly() || o.grave != want.Critical || o.identity != (want.Client == chime.Identity) ||
			(want.Bearer == chime.Required && !o.bearer) || (want.Bearer == chime.NoBearer && o.bearer) {
			t.Errorf("%s: %+v, want %+v", want.Name, *o, want)
		}
	}
}
