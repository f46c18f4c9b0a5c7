package main

import (
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(strings.NewReader("b a b"), &out, 1); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "      2 b\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
