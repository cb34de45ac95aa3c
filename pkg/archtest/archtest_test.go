package archtest

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// The project keeps its own rule.
func TestProject(t *testing.T) {
	faults, err := Check(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range faults {
		t.Error(fault)
	}
}

// Every domain package has its place in the order.
func TestOrderIsComplete(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if p := placeOf("pkg/" + entry.Name()); entry.IsDir() && p.kind == domain {
			if why := downstream(p.name, order[0]); why != "" {
				t.Error(why)
			}
		}
	}
}

// Each of these breaks the rule, or just does not.
func TestCheck(t *testing.T) {
	tests := []struct {
		name, file, source string
		want               string // part of the only fault; empty: none
	}{
		{"SDK in the domain", "pkg/denial/a.go", `package denial; import _ "github.com/aws/aws-sdk-go-v2/aws"`, "pure libraries"},
		{"Lambda in the domain", "pkg/pipeline/a.go", `package pipeline; import _ "github.com/aws/aws-lambda-go/events"`, "pure libraries"},
		{"environment", "pkg/tally/a.go", `package tally; import "os"; var x = os.Getenv("X")`, "imports os"},
		{"logger", "pkg/tally/a.go", `package tally; import _ "log/slog"`, "imports log/slog"},
		{"network", "pkg/alert/a.go", `package alert; import _ "net/http"`, "imports net/http"},
		{"process", "pkg/alert/a.go", `package alert; import _ "os/exec"`, "imports os/exec"},
		{"randomness", "pkg/alert/a.go", `package alert; import _ "crypto/rand"`, "imports crypto/rand"},
		{"wall clock", "pkg/tally/a.go", `package tally; import "time"; func f() time.Time { return time.Now() }`, "time.Now is the wall clock"},
		{"wall clock by another name", "pkg/tally/a.go", `package tally; import clock "time"; var f = clock.Since`, "time.Since is the wall clock"},
		{"wall clock without a name", "pkg/tally/a.go", `package tally; import . "time"; var f = Now`, "hides the use of the clock"},
		{"waiting", "pkg/pipeline/a.go", `package pipeline; import "time"; func f() { time.Sleep(1) }`, "time.Sleep is the wall clock"},
		{"downstream", "pkg/cloudtrail/a.go", `package cloudtrail; import _ "chimewatch/pkg/detect"`, "downstream of package cloudtrail"},
		{"downstream from a test helper's folder", "pkg/cloudtrail/sub/a.go", `package sub; import _ "chimewatch/pkg/detect"`, "downstream of package cloudtrail"},
		{"no place", "pkg/novel/a.go", `package novel; import _ "chimewatch/pkg/detect"`, "no place yet"},
		{"adapter in the domain", "pkg/pipeline/a.go", `package pipeline; import _ "chimewatch/pkg/adapters/memstore"`, "the adapter serves it"},
		{"adapter in an adapter", "pkg/adapters/s3logs/a.go", `package s3logs; import _ "chimewatch/pkg/adapters/memstore"`, "another one"},
		{"wiring in an adapter", "pkg/adapters/s3logs/a.go", `package s3logs; import _ "chimewatch/cmd/chimewatch"`, "only wires"},
		{"test package in the product", "pkg/adapters/memstore/a.go", `package memstore; import _ "chimewatch/pkg/pipeline/storetest"`, "serves tests only"},
		{"init", "cmd/chimewatch/a.go", `package main; func init() {}`, "init functions"},
		{"long file", "pkg/alert/a.go", "package alert" + strings.Repeat("\n", MaxLines), "too many for one file"},

		{"upstream", "pkg/detect/a.go", `package detect; import _ "chimewatch/pkg/tally"`, ""},
		{"own folder", "pkg/cloudtrail/sub/a.go", `package sub; import _ "chimewatch/pkg/cloudtrail"`, ""},
		{"pure library", "pkg/cloudtrail/a.go", `package cloudtrail; import _ "github.com/klauspost/compress/gzip"`, ""},
		{"addresses", "pkg/denial/a.go", `package denial; import _ "net/netip"`, ""},
		{"time as a value", "pkg/tally/a.go", `package tally; import "time"; var x = time.Hour`, ""},
		{"a Now of one's own", "pkg/tally/a.go", `package tally; import "time"; type c struct{ t time.Time }; func (c c) Now() time.Time { return c.t }; var x = c{}.Now()`, ""},
		{"clock in an adapter", "pkg/adapters/s3logs/a.go", `package s3logs; import "time"; var f = time.Now`, ""},
		{"client in an adapter", "pkg/adapters/s3logs/a.go", `package s3logs; import _ "github.com/aws/aws-sdk-go-v2/service/s3"`, ""},
		{"adapters in main", "functions/detector/main.go", `package main; import _ "chimewatch/pkg/adapters/memstore"`, ""},
		{"adapter in a test", "pkg/pipeline/a_test.go", `package pipeline_test; import _ "chimewatch/pkg/adapters/memstore"`, ""},
		{"test data", "pkg/alert/testdata/a.go", `package alert; import _ "os"`, ""},
		{"method init", "pkg/alert/a.go", `package alert; type T int; func (T) init() {}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			faults, err := Check(fstest.MapFS{tt.file: {Data: []byte(tt.source)}})
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case tt.want == "" && len(faults) > 0:
				t.Errorf("want no fault, got %q", faults)
			case tt.want != "" && (len(faults) != 1 || !strings.Contains(faults[0], tt.want)):
				t.Errorf("want one fault that says %q, got %q", tt.want, faults)
			}
		})
	}
}

func TestCheckNamesTheFileThatDoesNotParse(t *testing.T) {
	_, err := Check(fstest.MapFS{"pkg/alert/a.go": {Data: []byte("package")}})
	if err == nil || !strings.Contains(err.Error(), "pkg/alert/a.go") {
		t.Errorf("got %v", err)
	}
}
