package stats

import (
	"reflect"
	"testing"
)

func TestTop(t *testing.T) {
	counts := map[string]int{"b": 2, "a": 2, "c": 5}
	cases := []struct {
		n    int
		want []Entry
	}{
		{n: 2, want: []Entry{{"c", 5}, {"a", 2}}},
		{n: 9, want: []Entry{{"c", 5}, {"a", 2}, {"b", 2}}},
		{n: 0, want: []Entry{}},
		{n: -1, want: []Entry{}},
	}
	for _, each := range cases {
		if got := Top(counts, each.n); !reflect.DeepEqual(got, each.want) {
			t.Errorf("Top(%d): got %v, want %v", each.n, got, each.want)
		}
	}
}
