// Command wordcount prints the most frequent words of its standard input.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"example.com/wordcount/stats"
	"example.com/wordcount/words"
)

func main() {
	n := flag.Int("n", 10, "how many words")
	flag.Parse()
	if err := run(os.Stdin, os.Stdout, *n); err != nil {
		fmt.Fprintln(os.Stderr, "wordcount:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer, n int) error {
	counter := words.NewCounter()
	if err := counter.Add(in); err != nil {
		return err
	}
	for _, entry := range stats.Top(counter.Counts(), n) {
		if _, err := fmt.Fprintf(out, "%7d %s\n", entry.Count, entry.Word); err != nil {
			return err
		}
	}
	return nil
}
