package endtoend

import (
	"math/rand/v2"
	"testing"
	"time"

	"chimewatch/functions/internal/runtimetest"
)

// slot runs one process of a function at a time, as an execution environment
// does, behind a door of its own.
type slot struct {
	t      *testing.T
	binary string
	env    map[string]string
	door   *door
	random *rand.Rand
	limit  time.Duration // the function's time-out

	process *runtimetest.Function
	killed  int
	log     string // of the processes that have ended
}

func (w *world) slot(id, binary string, seed uint64) *slot {
	w.t.Helper()
	s := &slot{t: w.t, binary: binary, env: w.environment(id), door: &door{record: w.calls, function: id}, random: rand.New(rand.NewPCG(seed, 7)), limit: time.Duration(w.number(id, "Timeout")) * time.Second}
	s.env["AWS_ENDPOINT_URL_DYNAMODB"] = s.door.to(w.t, w.dynamo)
	moto := s.door.to(w.t, w.moto)
	s.env["AWS_ENDPOINT_URL_S3"], s.env["AWS_ENDPOINT_URL_SNS"] = moto, moto
	s.env["AWS_ENDPOINT_URL_CLOUDTRAIL"] = s.door.to(w.t, w.lookups.URL)
	return s
}

// invoke hands a payload to the process, which is started if there is none. With
// kill it ends at one of its requests, before that is served or after.
func (s *slot) invoke(payload []byte, kill bool) (runtimetest.Answer, error) {
	if s.process == nil {
		s.process = runtimetest.Start(s.t, s.binary, s.env)
		s.process.Timeout = s.limit
	}
	process := s.process
	if kill {
		at, early := 1+s.random.IntN(40), s.random.IntN(2) == 0
		s.door.set(func(n int) (before, after func()) {
			nothing := func() {}
			switch {
			case n != at:
				return nothing, nothing
			case early:
				return process.Kill, nothing
			}
			return nothing, process.Kill
		})
		defer s.door.set(nil)
	}
	answer, err := process.Invoke(payload)
	if err != nil {
		s.killed++
		s.end()
	}
	return answer, err
}

// end ends the process and keeps its log.
func (s *slot) end() {
	if s.process != nil {
		s.process.Kill()
		s.log += s.process.Log()
		s.process = nil
	}
}
