package words

import (
	"strings"
	"sync"
	"testing"
)

func TestAddCountsLowerCasedWords(t *testing.T) {
	counter := NewCounter()
	if err := counter.Add(strings.NewReader("The cat, the hat.\nTHE END")); err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]int{"the": 3, "cat": 1, "hat": 1, "end": 1} {
		if got := counter.Counts()[word]; got != want {
			t.Errorf("%q: got %d, want %d", word, got, want)
		}
	}
}

func TestAddFromManyGoroutines(t *testing.T) {
	counter := NewCounter()
	var wait sync.WaitGroup
	for range 16 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			if err := counter.Add(strings.NewReader("one two two")); err != nil {
				t.Error(err)
			}
		}()
	}
	wait.Wait()
	if got := counter.Counts()["two"]; got != 32 {
		t.Errorf("two: got %d, want 32", got)
	}
}
