package dynamostore_test

import (
	"flag"
	"os"
	"runtime/debug"
	"testing"
)

// thorough asks for the full number of cases, which take minutes.
var thorough = os.Getenv("CHIMEWATCH_THOROUGH") != ""

func TestMain(m *testing.M) {
	if os.Getenv("CHIMEWATCH_STORM") == "" { // which needs the memory
		debug.SetGCPercent(400) // a third less time
	}
	flag.Parse()
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == "rapid.checks" })
	if !thorough && !set {
		if err := flag.Set("rapid.checks", "8"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
