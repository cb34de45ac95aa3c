package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"chimewatch/pkg/config"
)

// TestReadme holds what README.md shows to what is: the session to the real
// output, the configuration to what is accepted, the links to files.
func TestReadme(t *testing.T) {
	t.Chdir("../..")
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(data)

	session := regexp.MustCompile("(?s)```console\n\\$ go run ./cmd/chimewatch ([^\n]*)\n(.*?)```\n").FindStringSubmatchIndex(readme)
	if session == nil {
		t.Fatal("README.md shows no session")
	}
	got := chimewatch(t, "", strings.Fields(readme[session[2]:session[3]])...)
	if *update {
		readme = readme[:session[4]] + got.stdout + readme[session[5]:]
		if err := os.WriteFile("README.md", []byte(readme), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want := readme[session[4]:session[5]]; got.stdout != want {
		t.Errorf("the session in README.md is not what is printed (write it with -update):\n%s", got.stdout)
	}

	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(readme, -1) {
		if _, err := config.Load([]byte(block[1])); err != nil {
			t.Errorf("a configuration in README.md is refused: %v", err)
		}
	}
	for _, link := range regexp.MustCompile(`\]\(([^):]+)\)`).FindAllStringSubmatch(readme, -1) {
		if _, err := os.Stat(link[1]); err != nil {
			t.Errorf("a link in README.md leads nowhere: %v", err)
		}
	}
}
