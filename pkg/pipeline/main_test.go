package pipeline_test

import (
	"os"
	"runtime/debug"
	"testing"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // a thousand small corpora, half of the time
	os.Exit(m.Run())
}
