// Package stats ranks counted words.
package stats

import "sort"

// Entry is a word and how often it was seen.
type Entry struct {
	Word  string
	Count int
}

// Top returns the n most frequent words; equal counts are in the order of the alphabet.
func Top(counts map[string]int, n int) []Entry {
	entries := make([]Entry, 0, len(counts))
	for word, count := range counts {
		entries = append(entries, Entry{Word: word, Count: count})
	}
	sort.Slice(entries, func(i, j int) bool {
		if entries[i].Count != entries[j].Count {
			return entries[i].Count > entries[j].Count
		}
		return entries[i].Word < entries[j].Word
	})
	return entries[:min(max(n, 0), len(entries))]
}
