package cloudtrail

import (
	"bufio"
	"bytes"
	"io"
	"slices"

	"github.com/klauspost/compress/gzip"
)

// chunk is a buffer with n bytes of input after its headroom.
type chunk struct {
	buf []byte
	n   int
	end bool  // nothing follows
	err error // why the input ended, nil if it ended well
}

// Buffers is memory that scans use one after the other, so that each does not
// allocate its own: one scan at a time. The zero value is ready to use.
type Buffers struct {
	free   [][]byte
	plain  *bufio.Reader
	gzip   *gzip.Reader
	packed []byte // the compressed input, or its beginning
	memory bytes.Reader
}

// source is an input, decompressed.
type source struct {
	bufferSizes
	buffers *Buffers
	r       io.Reader
	raw     reader
}

// newSource looks at the first bytes of r to see if it is compressed.
func newSource(r io.Reader, sizes bufferSizes, buffers *Buffers) (*source, error) {
	s := &source{bufferSizes: sizes, buffers: buffers, raw: reader{r: r}}
	if buffers.plain == nil {
		buffers.plain, buffers.gzip = bufio.NewReaderSize(nil, 16<<10), new(gzip.Reader)
	}
	b := buffers.plain
	b.Reset(&s.raw)
	s.r = b
	if magic, _ := b.Peek(len(gzipMagic)); string(magic) == gzipMagic {
		s.r = buffers.gzip
		if err := buffers.gzip.Reset(s.packed(b)); err != nil {
			return s, err
		}
	}
	return s, nil
}

// A compressed input of up to mostPacked bytes, as nearly every log file is, is
// read before it is decompressed, into a buffer that grows from fewPacked bytes:
// the decompressor takes bytes in memory faster than those of a reader.
const (
	fewPacked  = 256 << 10
	mostPacked = 4 << 20
)

// packed returns the compressed input, of which b has the first bytes: from
// memory if it is small.
func (s *source) packed(b *bufio.Reader) io.Reader {
	first, _ := b.Peek(b.Buffered())
	buf := append(s.buffers.packed[:0], first...)
	err := s.raw.err // may have come with the first bytes
	for err == nil && len(buf) < mostPacked {
		if len(buf) == cap(buf) || cap(buf) < fewPacked {
			buf = slices.Grow(buf, max(fewPacked, len(buf)))
		}
		var n int
		n, err = readFull(&s.raw, buf[len(buf):min(cap(buf), mostPacked)])
		buf = buf[:len(buf)+n]
	}
	s.buffers.packed = buf
	s.buffers.memory.Reset(buf)
	switch err {
	case io.EOF:
		return &s.buffers.memory
	case nil:
		b.Reset(io.MultiReader(&s.buffers.memory, &s.raw))
	default:
		b.Reset(io.MultiReader(&s.buffers.memory, failed{err}))
	}
	return b
}

// failed is what is left of an input that can't be read on.
type failed struct{ error }

func (f failed) Read([]byte) (int, error) { return 0, f.error }

// gzipMagic is how every gzip member begins (RFC 1952, section 2.3.1).
const gzipMagic = "\x1f\x8b"

// isGzip reports whether data is compressed.
func isGzip(data []byte) bool { return bytes.HasPrefix(data, []byte(gzipMagic)) }

// buffer returns a buffer to fill.
func (s *source) buffer() []byte {
	for {
		last := len(s.buffers.free) - 1
		if last < 0 {
			return make([]byte, s.headroom+s.chunk)
		}
		buf := s.buffers.free[last]
		s.buffers.free = s.buffers.free[:last]
		if len(buf) == s.headroom+s.chunk {
			return buf
		}
	}
}

// release gives buffers back, once nothing refers to them.
func (s *source) release(bufs ...[]byte) {
	for _, buf := range bufs {
		if buf != nil {
			s.buffers.free = append(s.buffers.free, buf)
		}
	}
	s.buffers.plain.Reset(nil) // lets go of the input
}

// fill reads until buf is full or the input ends.
func (s *source) fill(buf []byte) chunk {
	n, err := readFull(s.r, buf[s.headroom:])
	c := chunk{buf: buf, n: n, end: err != nil}
	if err != io.EOF {
		c.err = err
	}
	return c
}

// readFull reads until buf is full, and returns why it is not.
func readFull(r io.Reader, buf []byte) (n int, err error) {
	for idle := 0; n < len(buf) && err == nil; idle++ {
		var more int
		if more, err = r.Read(buf[n:]); more > 0 {
			n, idle = n+more, 0
		} else if err == nil && idle > 100 {
			err = io.ErrNoProgress
		}
	}
	return n, err
}

// reader remembers the error of the reader below it, to tell a read that
// failed from a stream that is damaged.
type reader struct {
	r   io.Reader
	err error
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}
