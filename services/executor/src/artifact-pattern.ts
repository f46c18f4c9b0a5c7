/** A pattern by its segments; `**` stands for any number of directories. */
export interface ArtifactPattern {
  readonly text: string;
  readonly segments: readonly string[];
}

/**
 * Reads a pattern relative to the workspace: `*`, `?` within a name, `**` across directories; a directory means all that
 * is in it. Wildcards don't match a leading dot.
 *
 * @returns undefined where the pattern leaves the workspace
 */
export function parseArtifactPattern(text: string): ArtifactPattern | undefined {
  if (text.startsWith('/') || text.includes('\u0000')) return undefined;
  const segments = text.split('/').filter((segment) => segment !== '' && segment !== '.');
  return segments.includes('..') ? undefined : { text, segments };
}

/**
 * How much of a pattern the path so far has used up: the indices of the segments that may come next. Carried from a
 * directory to its entries, so that a walk costs names times segments and enters nothing that cannot match.
 */
export type PatternProgress = readonly number[];

export function patternStart(pattern: ArtifactPattern): PatternProgress {
  return closure(pattern, [0]);
}

/** The progress after one more name. */
export function advance(
  pattern: ArtifactPattern,
  progress: PatternProgress,
  name: string,
): PatternProgress {
  const next = new Set<number>();
  for (const index of progress) {
    const segment = pattern.segments[index];
    if (segment === undefined) continue;
    if (segment === '**') {
      if (name.startsWith('.')) continue;
      next.add(index);
      if (index + 1 === pattern.segments.length) next.add(index + 1);
    } else if (matchesName(segment, name)) next.add(index + 1);
  }
  return closure(pattern, [...next]);
}

/** The path so far is what the pattern names. */
export function isComplete(pattern: ArtifactPattern, progress: PatternProgress): boolean {
  return progress.includes(pattern.segments.length);
}

/** A pattern that ends in `**` goes through directories by itself and so leaves out their hidden names. */
export function takesWholeDirectory(pattern: ArtifactPattern, progress: PatternProgress): boolean {
  return pattern.segments.at(-1) !== '**' && isComplete(pattern, progress);
}

/** `**` may stand for no directory at all, but at the end of a pattern for one name at least. */
function closure(pattern: ArtifactPattern, progress: readonly number[]): PatternProgress {
  const all = new Set<number>();
  for (const start of progress) {
    let index = start;
    all.add(index);
    while (pattern.segments[index] === '**' && index + 1 < pattern.segments.length) {
      index += 1;
      all.add(index);
    }
  }
  return [...all];
}

/**
 * Wildcards by the two-pointer way: on a mismatch only the last `*` is tried again, so the worst case is pattern length
 * times name length, never exponential.
 */
export function matchesName(segment: string, name: string): boolean {
  if (name.startsWith('.') && !segment.startsWith('.')) return false;
  let at = 0;
  let from = 0;
  let star = -1;
  let starAt = 0;
  while (at < name.length) {
    if (segment[from] === '*') {
      star = from;
      starAt = at;
      from += 1;
    } else if (segment[from] === '?' || segment[from] === name[at]) {
      from += 1;
      at += 1;
    } else if (star >= 0) {
      starAt += 1;
      at = starAt;
      from = star + 1;
    } else return false;
  }
  while (segment[from] === '*') from += 1;
  return from === segment.length;
}
