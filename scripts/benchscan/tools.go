package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// tool is a program that reads a corpus.
type tool struct {
	name    string
	command []string // FOLDER stands for the corpus
	fine    []int    // exit codes beside 0 that are no failure
}

func (t tool) arguments(folder string) []string {
	var out []string
	for _, a := range t.command[1:] {
		out = append(out, strings.ReplaceAll(a, "FOLDER", folder))
	}
	return out
}

// bound is the name of the tool that all are compared to, the first of them.
const bound = "gunzip alone"

// The same question for tools that can put one: how many denied calls of Chime
// had each caller?
const (
	duckQuery = `SELECT r.userIdentity.arn AS who, count(*) AS denials
FROM (SELECT unnest(Records) AS r FROM read_json('FOLDER/**/*.json.gz', maximum_object_size=67108864` + duckTypes + `))
WHERE r.eventSource LIKE 'chime%' AND r.errorCode IN ('AccessDenied', 'AccessDeniedException', 'ForbiddenException') GROUP BY who`

	duckTypes = `, columns={Records: 'STRUCT(eventSource VARCHAR, errorCode VARCHAR, userIdentity STRUCT(arn VARCHAR))[]'}`

	jqQuery = `.Records[] | select(.eventSource | startswith("chime")) | select(.errorCode == "AccessDenied" or .errorCode == "AccessDeniedException" or .errorCode == "ForbiddenException") | .userIdentity.arn`

	// One half of the files for each of two processes.
	jqTwice = `find FOLDER -name '*.json.gz' | sort >"$0.list"
half=$((($(wc -l <"$0.list") + 1) / 2))
head -n $half "$0.list" | xargs gzip -dc | jq -r '` + jqQuery + `' >"$0.1" &
tail -n +$((half + 1)) "$0.list" | xargs gzip -dc | jq -r '` + jqQuery + `' >"$0.2"
wait
sort "$0.1" "$0.2" | uniq -c`
)

// tools returns what is to be measured, and what is not, with the reason.
func (b *bench) tools() (found []tool, missing []string, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	if _, err := exec.LookPath(b.chimewatch); err != nil {
		return nil, nil, fmt.Errorf("-chimewatch: %w; go build -o .build/chimewatch ./cmd/chimewatch", err)
	}
	found = []tool{
		{name: bound, command: []string{self, "-gunzip", "FOLDER"}},
		{name: "chimewatch", command: []string{b.chimewatch, "analyze", "--format", "json", "FOLDER"}, fine: []int{1}},
	}
	if b.alone {
		return found, nil, nil
	}
	scratch, err := os.MkdirTemp("", "benchscan")
	if err != nil {
		return nil, nil, err
	}
	b.scratch = scratch
	// ripgrep can't tell a denied call from another one, nor count by caller: it
	// counts calls, which is less.
	for _, other := range []tool{
		{name: "ripgrep -z", command: []string{"rg", "-z", "-j", "2", "--no-filename", "--count-matches", `"eventSource":"chime[^"]*","eventName"`, "FOLDER"}, fine: []int{1}},
		{name: "DuckDB, types named", command: []string{"duckdb", "-c", duckQuery}},
		{name: "DuckDB, types detected", command: []string{"duckdb", "-c", strings.ReplaceAll(duckQuery, duckTypes, "")}},
		{name: "jq, two processes", command: []string{"bash", "-c", jqTwice, scratch + "/jq"}},
	} {
		program := other.command[0]
		if program == "bash" {
			program = "jq"
		}
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, fmt.Sprintf("%s: %s is not installed", other.name, program))
			continue
		}
		found = append(found, other)
	}
	return found, missing, nil
}
