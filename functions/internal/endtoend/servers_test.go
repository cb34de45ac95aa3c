package endtoend

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const root = "../../.."

// size returns how many events the test puts on the bus. The test is heavy, so
// it runs only when asked to; where CI is set what it needs has to be there.
func size(t *testing.T) int {
	t.Helper()
	value := os.Getenv("CHIMEWATCH_ENDTOEND")
	if value == "" || value == "skip" {
		t.Skip("NOT RUN: CHIMEWATCH_ENDTOEND=500 go test ./functions/internal/endtoend runs the deployment end to end with so many events; it needs moto, Java 17 and some minutes")
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 200 {
		t.Fatalf("CHIMEWATCH_ENDTOEND is %q, not a number of events from 200", value)
	}
	return n
}

// need skips the test, or fails it where CI is set, if a part is not installed.
func need(t *testing.T, what string, args ...string) {
	t.Helper()
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		msg := fmt.Sprintf("%s is not installed (%s: %v)\n%s", what, strings.Join(args, " "), err, out)
		if os.Getenv("CI") != "" {
			t.Fatal(msg)
		}
		t.Skip("NOT RUN: " + msg)
	}
}

// startMoto starts a moto server and returns its address.
func startMoto(t *testing.T) string {
	t.Helper()
	need(t, `moto (pip install "moto[all,server]" boto3 aws-sam-translator)`, "python3", "-c", "import moto.server, boto3, samtranslator, jsonpath_ng")
	port := freePort(t)
	start(t, nil, filepath.Join(root, "scripts/moto-server.py"), "-H", "127.0.0.1", "-p", port)
	waitFor(t, "moto", "127.0.0.1:"+port)
	return "http://127.0.0.1:" + port
}

// startDynamoDB starts DynamoDB Local and returns its address.
func startDynamoDB(t *testing.T) string {
	t.Helper()
	need(t, "Java 17 (Debian: openjdk-17-jre-headless)", "java", "-version")
	address := make(chan string, 1)
	start(t, func(line string) {
		select {
		case address <- line:
		default:
		}
	}, filepath.Join(root, "scripts/dynamodb-local.sh"))
	select {
	case a := <-address:
		return a
	case <-time.After(3 * time.Minute): // the first time it is fetched
		t.Fatal("DynamoDB Local does not start")
		return ""
	}
}

// start starts a server for as long as the test runs. Lines that it prints go to
// each, if it is given.
func start(t *testing.T, each func(line string), name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", name, err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if each != nil {
				each(lines.Text())
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // it may have ended
		select {
		case <-read:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
		}
		_ = cmd.Wait() // it was interrupted
	})
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func waitFor(t *testing.T, name, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		if c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address); err == nil {
			c.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s does not listen on %s", name, address)
}
