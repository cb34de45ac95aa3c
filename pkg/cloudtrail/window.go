package cloudtrail

// bufferSizes says how an input is read: chunk bytes at once, with headroom
// before them for the record that the chunk before left unfinished. The scan
// itself reads the first chunks, alone of them; further ones come from a
// goroutine that reads ahead.
type bufferSizes struct{ headroom, chunk, alone int }

// The sizes that Scan uses. A chunk is small enough to stay in a core's cache
// between decompression and scan. Where many files are read at a time, handing
// chunks from core to core would cost more than it saves; a long file shall not
// leave the second core idle.
const (
	defaultHeadroom = 64 << 10
	defaultChunk    = 64 << 10
	defaultAlone    = 16 << 20 / defaultChunk
)

// buffersAhead is how many chunks exist beside the one that is scanned while a
// goroutine reads ahead: one filled, one in between.
const buffersAhead = 2

// window is a moving view of an input: what was read and is not done with,
// contiguous in memory.
type window struct {
	buf []byte
	i   int   // the index in buf that the scan has come to
	off int64 // offset of buf[0] in the decompressed input
	err error // why the input ended early; nil while it has not, or if it ended well

	source *source // nil for an input in memory, and at the end
	feed   *feed   // reads ahead; nil while the scan itself reads
	chunks int     // that the scan itself has read
	chunk  []byte  // the buffer that buf lies in; nil if buf is a copy
	spare  []byte  // a buffer to be filled
	glance glance  // over buf
}

// more lets go of everything before w.i and reads on. It returns false, and
// changes nothing, at the end of the input.
func (w *window) more() bool {
	if w.source == nil {
		return false
	}
	var next chunk
	switch {
	case w.feed != nil:
		next = <-w.feed.full
	case w.chunks < w.source.alone:
		w.chunks++
		if w.spare == nil {
			w.spare = w.source.buffer()
		}
		next = w.source.fill(w.spare)
		w.spare = nil
	default:
		w.feed = startFeed(w.source)
		w.recycle(w.spare)
		w.spare = nil
		next = <-w.feed.full
	}
	headroom := w.source.headroom
	if next.end {
		w.err = next.err
		w.close()
	}
	if next.n == 0 {
		w.recycle(next.buf)
		return false
	}
	w.off += int64(w.i)
	rest := w.buf[w.i:]
	w.i = 0
	w.glance = glance{}
	old := w.chunk
	if len(rest) <= headroom {
		start := headroom - len(rest)
		copy(next.buf[start:], rest)
		w.buf, w.chunk = next.buf[start:headroom+next.n], next.buf
	} else {
		// append may move rest within its own buffer only if that is a copy.
		if old != nil {
			rest = rest[:len(rest):len(rest)]
		}
		w.buf, w.chunk = append(rest, next.buf[headroom:headroom+next.n]...), nil
		w.recycle(next.buf)
	}
	w.recycle(old)
	return true
}

// recycle takes a buffer that is not used any more.
func (w *window) recycle(buf []byte) {
	switch {
	case buf == nil:
	case w.feed != nil:
		w.feed.free <- buf
	case w.spare == nil:
		w.spare = buf
	}
}

// close ends the reading. After it nothing uses the reader any more.
func (w *window) close() {
	if w.feed != nil {
		w.feed.close()
	}
	w.source, w.feed = nil, nil
}
