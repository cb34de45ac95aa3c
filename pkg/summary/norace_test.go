//go:build !race

package summary_test

const raceEnabled = false
