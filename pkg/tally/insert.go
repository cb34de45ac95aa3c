package tally

import "slices"

// insert is slices.Insert, but the list grows by a quarter instead of to twice
// its length: there are very many of them, nearly all short, and what they have
// room for would be a good part of the memory of an analysis.
func insert[T any](list []T, i int, v T) []T {
	if n := len(list); n == cap(list) {
		list = append(make([]T, 0, n+n/4+1), list...)
	}
	return slices.Insert(list, i, v)
}
