//go:build unix

package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestUnreadable: a folder and a file that the user may not read are named with
// a remedy, and the rest is analyzed. Root may read everything, so root runs
// the command as nobody.
func TestUnreadable(t *testing.T) {
	dir, err := os.MkdirTemp("", "chimewatch") // its parents are open to all
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	logs := filepath.Join(dir, "logs")
	for path, mode := range map[string]os.FileMode{"open.json": 0o644, "shut.json": 0, "zoo/a.json": 0o644} {
		path = filepath.Join(logs, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(denied("1")), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(logs, "zoo"), 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(filepath.Join(logs, "zoo"), 0o755)

	got := result{}
	if os.Geteuid() == 0 {
		got = asNobody(t, dir, "analyze", logs)
	} else {
		got = chimewatch(t, "", "analyze", logs)
	}
	if got.status != statusFailure {
		t.Errorf("exit status %d, want %d", got.status, statusFailure)
	}
	for _, want := range []string{"shut.json: may not be read by this user; run as a user who may", "zoo: may not be read by this user"} {
		if !strings.Contains(got.stderr, want) {
			t.Errorf("%q does not say %q", got.stderr, want)
		}
	}
	if !strings.Contains(got.stdout, "in 1 denied call by 1 principal") {
		t.Errorf("the file that can be read was not analyzed: %q", got.stdout)
	}
}

// asNobody runs the test's own binary as the command, without root's rights.
func asNobody(t *testing.T, dir string, args ...string) result {
	t.Helper()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	self, err := os.Open(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer self.Close()
	binary := filepath.Join(dir, "chimewatch")
	out, err := os.OpenFile(binary, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, self); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	const nobody = 65534
	var stdout, stderr strings.Builder
	cmd := exec.Command(binary, args...) // testscript tells a command by its name
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	err = cmd.Run()
	var status *exec.ExitError
	if err != nil && !errors.As(err, &status) {
		t.Skipf("SKIPPED, NOT TESTED: cannot run as another user than root here: %v", err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}
