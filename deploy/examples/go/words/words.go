// Package words splits text into words and counts them.
package words

import (
	"bufio"
	"io"
	"strings"
	"sync"
	"unicode"
)

// Counter counts words. It may be used from several goroutines.
type Counter struct {
	mu     sync.Mutex
	counts map[string]int
}

// NewCounter returns an empty counter.
func NewCounter() *Counter {
	return &Counter{counts: make(map[string]int)}
}

// Add counts the words of r, lower-cased.
func (c *Counter) Add(r io.Reader) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		fields := strings.FieldsFunc(lines.Text(), func(char rune) bool {
			return !unicode.IsLetter(char) && !unicode.IsDigit(char)
		})
		c.mu.Lock()
		for _, word := range fields {
			c.counts[strings.ToLower(word)]++
		}
		c.mu.Unlock()
	}
	return lines.Err()
}

// Counts returns a copy of what was counted.
func (c *Counter) Counts() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := make(map[string]int, len(c.counts))
	for word, count := range c.counts {
		counts[word] = count
	}
	return counts
}
