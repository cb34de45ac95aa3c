// Command benchscan measures how fast chimewatch reads log files, beside
// decompression alone and beside other tools that count the same calls. It makes
// its own log files: see simulate.Corpus.
//
// Every tool runs once in each round, so that what else the machine does meets
// all of them alike; what is shown are medians over the rounds. Tools that are
// not installed are named and left out.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
)

func main() {
	var b bench
	var shares string
	gunzip := flag.String("gunzip", "", "only decompress the files of this `folder`: the bound that the others are measured by")
	flag.StringVar(&b.folder, "folder", filepath.Join(os.TempDir(), "chimewatch-bench-scan"), "where the log files are; those of an earlier run are used again")
	flag.StringVar(&b.chimewatch, "chimewatch", "chimewatch", "the `program` to measure")
	flag.Int64Var(&b.megabytes, "mb", 2000, "size of each corpus in MB (10^6 bytes), uncompressed")
	flag.IntVar(&b.rounds, "rounds", 5, "how often each tool runs")
	flag.StringVar(&shares, "denied", "0,1,30", "percent of records that are denied calls, a corpus for each")
	flag.BoolVar(&b.alone, "alone", false, "leave the other tools out")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := func() error {
		if *gunzip != "" {
			return decompress(*gunzip)
		}
		for _, s := range strings.Split(shares, ",") {
			percent, err := strconv.ParseFloat(s, 64)
			if err != nil || percent < 0 || percent > 100 {
				return fmt.Errorf("-denied: %q is no list of percentages", shares)
			}
			b.percents = append(b.percents, percent)
		}
		return b.run(ctx)
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchscan:", err)
		os.Exit(1)
	}
}
