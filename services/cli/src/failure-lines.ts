/** How many lines of the end of a failing step's log are shown. */
const lastMax = 20;
/** How many lines above the end are shown that name a failed test: a long report ends with what passed. */
const tellingMax = 10;

/**
 * How test runners begin the line of a test that failed: Go, TAP, pytest, JUnit's console and Maven, Rust, the ticks of mocha, vitest, jest
 * and ava.
 */
const telling =
  /^\s*(?:--- FAIL[: ]|not ok\b|FAIL(?:ED)?\b|\[ERROR\]|ERROR\b|test .+ \.\.\. FAILED|[✗✖×✕●]\s|\d+\) )/;

/**
 * What of a failing step's log a person reads first: its last lines, and those above them that name what failed.
 *
 * @param texts  the log, or the end of a long one, each line as it is shown
 */
export function failureLines(texts: readonly string[]): {
  readonly telling: readonly string[];
  readonly last: readonly string[];
} {
  const above = texts.slice(0, -lastMax);
  return {
    telling: above.filter((text) => telling.test(text)).slice(0, tellingMax),
    last: texts.slice(-lastMax),
  };
}
