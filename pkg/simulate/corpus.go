package simulate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/sync/errgroup"
)

// Corpus is a mass of log files as a busy account has them, to measure speed
// on: few denied messaging calls among the records of other services.
type Corpus struct {
	Seed      uint64
	Start     time.Time // of the first record; a file covers five minutes
	Bytes     int64     // uncompressed, at least; files are whole
	FileBytes int       // of one file, uncompressed, 64 KiB to 64 MiB; 4 MiB if 0
	Denied    float64   // share of records that are denied messaging calls, 0 to 1
	Workers   int       // files written at the same time; 1 if 0. Does not change the files
}

// CorpusStats says what a corpus holds.
type CorpusStats struct {
	Files      int
	Bytes      int64 // uncompressed
	Records    int64
	Denials    int64
	Principals map[string]int64 // denials by stable key, see Label
}

// Write writes the corpus. create must be safe for concurrent use where there
// are several workers.
func (c Corpus) Write(create Create) (CorpusStats, error) {
	if c.FileBytes == 0 {
		c.FileBytes = 4 << 20
	}
	if c.FileBytes < 64<<10 || c.FileBytes > 64<<20 || !(c.Denied >= 0 && c.Denied <= 1) || c.Bytes < 0 {
		return CorpusStats{}, fmt.Errorf("corpus: bytes %d, file bytes %d or denied %v is out of bounds", c.Bytes, c.FileBytes, c.Denied)
	}
	press := newPress(c)
	total := CorpusStats{Files: int((c.Bytes + int64(c.FileBytes) - 1) / int64(c.FileBytes)), Principals: map[string]int64{}}
	var mu sync.Mutex
	var work errgroup.Group
	work.SetLimit(max(1, c.Workers))
	pool := sync.Pool{New: func() any { return new(printer) }}
	for i := range total.Files {
		work.Go(func() error {
			pr := pool.Get().(*printer)
			defer pool.Put(pr)
			name, err := pr.file(press, i, create)
			if err != nil {
				return fmt.Errorf("corpus: %s: %w", name, err)
			}
			mu.Lock()
			defer mu.Unlock()
			total.Bytes += int64(len(pr.buf))
			total.Records += pr.records
			total.Denials += pr.denials
			for who, n := range pr.principals {
				total.Principals[who] += n
			}
			return nil
		})
	}
	err := work.Wait()
	return total, err
}

// press holds the templates of one corpus.
type press struct {
	corpus  Corpus
	account string
	others  []*template // repeated by weight
	denied  []*template
}

// newPress makes the templates: those of other services are texts, those of
// denials are records of a small simulated team.
func newPress(c Corpus) *press {
	cfg := DefaultConfig()
	cfg.Seed, cfg.Principals = c.Seed, 60
	st := newStage(cfg)
	w := st.world
	p := st.newPart("corpus")
	pr := &press{corpus: c, account: w.prod.id}
	for _, o := range otherServices() {
		t := newTemplate(o.text, "")
		for range o.weight {
			pr.others = append(pr.others, t)
		}
	}
	for len(pr.denied) < 256 {
		who := pick(p.dice, w.roster)
		if who.account != w.prod {
			continue
		}
		by := p.usual(who)
		o := p.order(p.dice, pick(p.dice, p.refusable(who, anyOp)), w.instances[0], w.instances[0].admin())
		x := &call{at: cfg.Start, id: p.id(), who: who, session: by.session(cfg.Start), address: by.address(cfg.Start), agent: by.agent, order: o}
		x.outcome = p.lacking(by, x.session, o)
		pr.denied = append(pr.denied, newTemplate(string(w.markedRecord(x)), who.key))
	}
	return pr
}

// markedRecord is the record of c with holes for what changes.
func (w *world) markedRecord(c *call) []byte {
	b := w.record(c)
	b = bytes.Replace(b, []byte(c.at.UTC().Format(time.RFC3339)+`","eventSource"`), []byte(`{T}","eventSource"`), 1)
	b = bytes.Replace(b, appendUUID(nil, c.id), []byte("{U}"), 1)
	return bytes.Replace(b, []byte(uuidOf("request", string(c.id[:]))), []byte("{U}"), 1)
}

// printer prints files; it is reused for its buffers.
type printer struct {
	buf              []byte
	gz               *gzip.Writer
	records, denials int64
	principals       map[string]int64
}

// file writes the i-th file of the corpus and returns its name.
func (pr *printer) file(from *press, i int, create Create) (string, error) {
	c := from.corpus
	d := newDice(c.Seed, "corpus file", strconv.Itoa(i))
	at := c.Start.UTC().Truncate(time.Second).Add(time.Duration(i) * 5 * time.Minute)
	name := LogFileName(from.account, "us-east-1", at.Add(5*time.Minute))

	pr.buf, pr.records, pr.denials = append(pr.buf[:0], `{"Records":[`...), 0, 0
	pr.principals = map[string]int64{}
	ink := ink{dice: d, account: from.account}
	for len(pr.buf) < c.FileBytes-2 {
		if pr.records > 0 {
			pr.buf = append(pr.buf, ',')
		}
		second := time.Duration(float64(len(pr.buf)) / float64(c.FileBytes) * 299)
		ink.setTime(at.Add(second * time.Second))
		t := pick(d, from.others)
		if d.chance(c.Denied) {
			t = pick(d, from.denied)
			pr.denials++
			pr.principals[t.who]++
		}
		pr.buf = t.print(pr.buf, &ink)
		pr.records++
	}
	pr.buf = append(pr.buf, "]}"...)

	to, err := create(name)
	if err != nil {
		return name, err
	}
	if pr.gz == nil {
		// The fastest level: the subject is the reader's speed, not the writer's.
		pr.gz, err = gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
		if err != nil {
			return name, errors.Join(err, to.Close())
		}
	}
	pr.gz.Reset(to)
	_, err = pr.gz.Write(pr.buf)
	return name, errors.Join(err, pr.gz.Close(), to.Close())
}
