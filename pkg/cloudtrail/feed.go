package cloudtrail

// feed fills buffers ahead of the scan, in a goroutine of its own, so that
// decompression and scan share two cores.
type feed struct {
	full chan chunk
	free chan []byte
	stop chan struct{}
}

func startFeed(s *source) *feed {
	f := &feed{full: make(chan chunk, buffersAhead+2), free: make(chan []byte, buffersAhead+2), stop: make(chan struct{})}
	for range buffersAhead {
		f.free <- s.buffer()
	}
	go f.run(s)
	return f
}

func (f *feed) run(s *source) {
	defer close(f.full)
	for {
		select {
		case <-f.stop:
			return
		case buf := <-f.free:
			c := s.fill(buf)
			f.full <- c
			if c.end {
				return
			}
		}
	}
}

// close ends the goroutine and waits for it.
func (f *feed) close() {
	close(f.stop)
	for range f.full {
	}
}
