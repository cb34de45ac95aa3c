package main

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"chimewatch": main})
}

// TestScripts runs the scripts in testdata/script on the command as a process
// of its own. EVENTS is the folder of the sample events; the bucket example-trail
// holds the same.
func TestScripts(t *testing.T) {
	events, err := filepath.Abs(filepath.Join("..", "..", "events"))
	if err != nil {
		t.Fatal(err)
	}
	bucket, _ := bucketOf(t, events, "AWSLogs/")
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("EVENTS", events)
			e.Setenv("COLUMNS", "")
			for name, value := range exampleCredentials() {
				e.Setenv(name, value)
			}
			e.Setenv("AWS_ENDPOINT_URL_S3", bucket)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": status},
	})
}

// status runs a command and checks its exit status: status N COMMAND ARG...
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND ARG...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if e, ok := err.(interface{ ExitCode() int }); ok {
		got = string(rune('0' + e.ExitCode()))
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != args[0] {
		ts.Fatalf("exit status %s, want %s", got, args[0])
	}
}
