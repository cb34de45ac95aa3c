package runtimetest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// CPU returns the processor time that the process has used, which does not
// depend on what else the machine does; 0 where the system does not say. Linux
// says it for each thread.
func (f *Function) CPU() time.Duration {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", f.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	var sum time.Duration
	for _, path := range threads {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has ended
		}
		if fields := strings.Fields(string(b)); len(fields) > 0 {
			n, _ := strconv.ParseInt(fields[0], 10, 64) // the kernel writes numbers
			sum += time.Duration(n)
		}
	}
	return sum
}
