// Package runtimetest runs the real binary of a function against a server that
// speaks the Lambda Runtime API, as Lambda does.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
package runtimetest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Build builds the function in a folder as it is built for Lambda, but for this
// machine, and returns the path of the binary.
func Build(t testing.TB, folder string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "bootstrap")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-tags", "lambda.norpc", "-o", out, ".")
	cmd.Dir = folder
	if msg, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", folder, err, msg)
	}
	return out
}

// Answer is what a function answered.
type Answer struct {
	Body  []byte
	Error bool // it answered with an error
}

// Function is a running function. It handles one invocation at a time.
type Function struct {
	t      testing.TB
	cmd    *exec.Cmd
	server *httptest.Server
	work   chan invocation
	exited chan struct{}
	log    lockedBuffer

	// Timeout is what the function is told that it has for an invocation; 30 s
	// unless it is set before one.
	Timeout time.Duration

	// Started is the time from the start of the process to its first question
	// for work.
	Started time.Duration
}

type invocation struct {
	payload []byte
	answer  chan Answer
}

// Start starts a binary with an environment, beyond PATH and HOME nothing else,
// and waits until it asks for work.
func Start(t testing.TB, binary string, env map[string]string) *Function {
	t.Helper()
	f, err := Try(t, binary, env)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Try is like Start, but a function that does not start is an error.
func Try(t testing.TB, binary string, env map[string]string) (*Function, error) {
	t.Helper()
	f := &Function{t: t, Timeout: 30 * time.Second, work: make(chan invocation), exited: make(chan struct{})}
	asked := make(chan struct{})
	f.server = httptest.NewServer(f.handler(asked))
	f.cmd = exec.Command(binary)
	f.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(f.server.URL, "http://")}
	for k, v := range env {
		f.cmd.Env = append(f.cmd.Env, k+"="+v)
	}
	f.cmd.Stdout, f.cmd.Stderr = &f.log, &f.log
	begin := time.Now()
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = f.cmd.Wait(); close(f.exited) }() // a killed process is no error
	t.Cleanup(f.Kill)
	select {
	case <-asked:
		f.Started = time.Since(begin)
		return f, nil
	case <-f.exited:
		return nil, fmt.Errorf("the function ended at start:\n%s", f.Log())
	case <-time.After(30 * time.Second):
		return nil, fmt.Errorf("the function does not ask for work:\n%s", f.Log())
	}
}

// handler serves the Runtime API. Work is handed out one at a time.
func (f *Function) handler(asked chan struct{}) http.Handler {
	var once sync.Once
	var mu sync.Mutex
	pending := map[string]chan Answer{}
	n := 0
	answer := func(failed bool) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return // the function was killed meanwhile
			}
			mu.Lock()
			to := pending[r.PathValue("id")]
			mu.Unlock()
			to <- Answer{Body: body, Error: failed}
			w.WriteHeader(http.StatusAccepted)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		once.Do(func() { close(asked) })
		select {
		case in := <-f.work:
			mu.Lock()
			n++
			id := strconv.Itoa(n)
			pending[id] = in.answer
			mu.Unlock()
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", id)
			w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(f.Timeout).UnixMilli(), 10))
			w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:111122223333:function:test")
			_, _ = w.Write(in.payload) // a killed function does not read it
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", answer(false))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", answer(true))
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	return mux
}

// Invoke hands a payload to the function and returns its answer; an error if
// the function ended instead.
func (f *Function) Invoke(payload []byte) (Answer, error) {
	in := invocation{payload: payload, answer: make(chan Answer, 1)}
	select {
	case f.work <- in:
	case <-f.exited:
		return Answer{}, fmt.Errorf("the function has ended:\n%s", f.Log())
	}
	select {
	case a := <-in.answer:
		return a, nil
	case <-f.exited:
		return Answer{}, fmt.Errorf("the function ended during the invocation:\n%s", f.Log())
	}
}

// Kill ends the process at once, as a crash does.
func (f *Function) Kill() {
	_ = f.cmd.Process.Kill() // it may have ended
	<-f.exited
	f.server.CloseClientConnections()
	f.server.Close()
}

// Log returns what the function wrote.
func (f *Function) Log() string { return f.log.String() }

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
