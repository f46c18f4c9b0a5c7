import { braceExpand, Minimatch } from 'minimatch';
import { limits } from './limits.ts';

/**
 * A pattern as a row of states, one alternative of its braces behind the other: what the next name must be, and `end`
 * behind the last.
 */
export interface ArtifactPattern {
  readonly text: string;
  /** `!x`: what it names is left out, whatever else names it. */
  readonly isExclusion: boolean;
  readonly states: readonly State[];
  /** Where the alternatives begin. */
  readonly starts: readonly number[];
}

type State = '**' | 'end' | NamePattern;
type NamePattern = readonly CharacterPattern[];
type CharacterPattern = '*' | ((character: string) => boolean) | { readonly is: string };

export type ArtifactPatternAnswer =
  | { readonly ok: true; readonly pattern: ArtifactPattern }
  | { readonly ok: false; readonly why: 'outside' | 'malformed'; readonly message: string };

/**
 * Reads a pattern relative to the workspace: `*`, `?`, `[a-z]`, `[!a-z]` within a name, `**` across directories, `{a,b}` and
 * `{1..3}` for one or the other, `!` in front for what is left out, `\` before a character that stands for itself. A
 * directory means all that is in it. Wildcards don't match a leading dot, except in what is left out.
 *
 * Braces and brackets are read by the library; matching is by the two-pointer way, because regular expressions with several
 * `*` take exponential time on names that are made for it.
 */
export function parseArtifactPattern(text: string): ArtifactPatternAnswer {
  const isExclusion = text.startsWith('!');
  const own = isExclusion ? text.slice(1) : text;
  if (own.includes('\0')) return malformed('it holds a NUL');
  if (own === '') return malformed('it is empty');
  const open = unclosed(own);
  if (open !== undefined) {
    return malformed(`"${open}" is not closed; write \\${open} for the character itself`);
  }
  const most = limits.patternAlternativesMax;
  const alternatives = expandBraces(own, most + 1);
  const chars = alternatives.reduce((sum, { length }) => sum + length, 0);
  if (alternatives.length > most || chars > limits.patternCharsMax) {
    const size = `${most} alternatives with ${limits.patternCharsMax} characters`;
    return malformed(`its braces stand for more than ${size}`);
  }
  const states: State[] = [];
  const starts: number[] = [];
  for (const alternative of alternatives) {
    const names = alternative.split('/').filter((name) => name !== '' && name !== '.');
    if (alternative.startsWith('/') || names.includes('..')) {
      return { ok: false, why: 'outside', message: 'it leaves the workspace' };
    }
    starts.push(states.length);
    for (const name of names) {
      const state = name === '**' ? name : readName(name);
      if (state === undefined) return malformed(`no character fits a class of ${name}`);
      // One `**` says what several in a row say.
      if (state !== '**' || states.at(-1) !== '**') states.push(state);
    }
    states.push('end');
  }
  return { ok: true, pattern: { text, isExclusion, states, starts } };
}

/**
 * How much of a pattern the path so far has used up: the states that may come next. Carried from a directory to its
 * entries, so that a walk costs names times states and enters nothing that cannot match.
 */
export type PatternProgress = readonly number[];

export function patternStart(pattern: ArtifactPattern): PatternProgress {
  return closure(pattern, pattern.starts);
}

/** The progress after one more name. */
export function advance(
  pattern: ArtifactPattern,
  progress: PatternProgress,
  name: string,
): PatternProgress {
  const next: number[] = [];
  const isHidden = name.startsWith('.') && !pattern.isExclusion;
  const characters = [...name];
  for (const at of progress) {
    const state = pattern.states[at];
    if (state === undefined || state === 'end') continue;
    if (state === '**') {
      if (isHidden) continue;
      next.push(at);
      if (pattern.states[at + 1] === 'end') next.push(at + 1);
    } else if ((!isHidden || beginsWithDot(state)) && matchesName(state, characters)) {
      next.push(at + 1);
    }
  }
  return closure(pattern, next);
}

/** The path so far is what the pattern names. */
export function isComplete(pattern: ArtifactPattern, progress: PatternProgress): boolean {
  return progress.some((at) => pattern.states[at] === 'end');
}

/** A pattern that ends in `**` goes through directories by itself and so leaves out their hidden names. */
export function takesWholeDirectory(pattern: ArtifactPattern, progress: PatternProgress): boolean {
  return progress.some((at) => pattern.states[at] === 'end' && pattern.states[at - 1] !== '**');
}

/** `**` may stand for no directory at all, but at the end of a pattern for one name at least. */
function closure(pattern: ArtifactPattern, progress: readonly number[]): PatternProgress {
  const all = new Set<number>();
  for (const at of progress) {
    all.add(at);
    if (pattern.states[at] === '**' && pattern.states[at + 1] !== 'end') all.add(at + 1);
  }
  return [...all];
}

function malformed(message: string): ArtifactPatternAnswer {
  return { ok: false, why: 'malformed', message };
}

/** The library takes backslashes off while it expands, so what they protect is hidden from it. */
function expandBraces(pattern: string, most: number): string[] {
  if (!pattern.includes('{')) return [pattern];
  const hidden: string[] = [];
  const shown = pattern.replace(/\\./gsu, (escaped) => `\0${hidden.push(escaped) - 1}\0`);
  const unhide = (part: string, at: number) => (at % 2 === 1 ? hidden[Number(part)] : part);
  return braceExpand(shown, { braceExpandMax: most }).map((alternative) =>
    alternative.split('\0').map(unhide).join(''),
  );
}

/** One character of a name pattern, a class with all that is in it, or several stars. */
const piece = /\\.|\[[!^]?(?:\\.|\[:\w+:\]|[^\\])(?:\\.|\[:\w+:\]|[^\]\\])*\]|\*+|./gsu;

/** A bracket or brace that nothing closes. A class ends with its name. */
function unclosed(pattern: string): string | undefined {
  const pieces = pattern.split('/').flatMap((name) => name.match(piece) ?? []);
  if (pieces.includes('[')) return '[';
  let depth = 0;
  for (const each of pieces) {
    if (each === '{') depth += 1;
    else if (each === '}' && depth > 0) depth -= 1;
  }
  return depth > 0 ? '{' : undefined;
}

/** @returns undefined where no name fits: a class such as `[z-a]` */
function readName(name: string): NamePattern | undefined {
  const read: CharacterPattern[] = [];
  for (const each of name.match(piece) ?? []) {
    if (each.startsWith('*')) read.push('*');
    else if (each === '?') read.push(() => true);
    else if (each.startsWith('[') && each.length > 1) {
      const isMember = readClass(each);
      if (!isMember) return undefined;
      read.push(isMember);
    } else read.push({ is: each.length > 1 && each.startsWith('\\') ? each.slice(1) : each });
  }
  return read;
}

/** A letter in front keeps the library from reading a leading dot or a comment into it. */
function readClass(text: string): ((character: string) => boolean) | undefined {
  const options = { noext: true, nobrace: true, nocomment: true, nonegate: true, dot: true };
  const read = new Minimatch(`x${text}`, { ...options, platform: 'linux' }).set[0]?.[0];
  if (typeof read === 'string') return (character) => `x${character}` === read;
  // What the library makes of a class that nothing can fit.
  if (!(read instanceof RegExp) || read.source.includes('$.')) return undefined;
  return (character) => read.test(`x${character}`);
}

function beginsWithDot([first]: NamePattern): boolean {
  return typeof first === 'object' && first.is === '.';
}

/** On a mismatch only the last `*` is tried again, so the worst case is pattern length times name length. */
function matchesName(pattern: NamePattern, name: readonly string[]): boolean {
  let at = 0;
  let from = 0;
  let star = -1;
  let starAt = 0;
  while (at < name.length) {
    const wanted = pattern[from];
    if (wanted === '*') {
      star = from;
      starAt = at;
      from += 1;
    } else if (wanted !== undefined && fits(wanted, name[at] ?? '')) {
      from += 1;
      at += 1;
    } else if (star >= 0) {
      starAt += 1;
      at = starAt;
      from = star + 1;
    } else return false;
  }
  while (pattern[from] === '*') from += 1;
  return from === pattern.length;
}

function fits(wanted: Exclude<CharacterPattern, '*'>, character: string): boolean {
  return typeof wanted === 'function' ? wanted(character) : wanted.is === character;
}
