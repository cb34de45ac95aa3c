package cloudtrail

import (
	"bufio"
	"bytes"
	"io"

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
	free  [][]byte
	plain *bufio.Reader
	gzip  *gzip.Reader
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
		if err := buffers.gzip.Reset(b); err != nil {
			return s, err
		}
	}
	return s, nil
}

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
	c := chunk{buf: buf}
	for idle := 0; c.n < s.chunk; {
		n, err := s.r.Read(buf[s.headroom+c.n:])
		c.n += n
		if err == io.EOF {
			c.end = true
			return c
		}
		if idle++; n > 0 {
			idle = 0
		} else if err == nil && idle > 100 {
			err = io.ErrNoProgress
		}
		if err != nil {
			c.end, c.err = true, err
			return c
		}
	}
	return c
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
