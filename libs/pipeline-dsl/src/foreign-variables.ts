// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file speaks about the pipeline's own references
import type { Findings } from './findings.ts';
import { foreignVariableHint } from './foreign-names.ts';
import { shellPlaces } from './shell-places.ts';
import type { Path } from './tree.ts';

/** Variables with a default of their own (`${CI_X:-none}`) are meant to be missing. */
const used =
  /\$(?:(\{)((?:CI|GITHUB|GITLAB|DRONE|BUILDKITE|CIRCLE|TRAVIS)_[A-Z0-9_]+)(?!:?[-+=])\b|((?:CI|GITHUB|GITLAB|DRONE|BUILDKITE|CIRCLE|TRAVIS)_[A-Z0-9_]+))/g;
const assigned =
  /(?:^|[\s;&|({"'`])([A-Z][A-Z0-9_]*)=|\b(?:for|read)\s+(?:-\w+\s+)*([A-Z][A-Z0-9_]*)/gm;

export function isForeignVariable(name: string): boolean {
  return `$${name}`.search(used) === 0;
}

/** Warns of variables that other systems set and Millrace does not, once each; what the step sets by itself is its own. */
export function lintCommandVariables(
  cmd: unknown,
  path: Path,
  { env, findings }: { readonly env: object; readonly findings: Findings },
): void {
  const texts = (Array.isArray(cmd) ? cmd : [cmd]).map(String);
  if (!texts.some((text) => text.search(used) >= 0)) return;
  const known = new Set(Object.keys(env));
  for (const text of texts) {
    for (const [, name, other] of text.matchAll(assigned)) known.add(name ?? other ?? '');
  }
  texts.forEach((text, index) => {
    const found = [...text.matchAll(used)];
    const places = shellPlaces(
      text,
      found.map((match) => match.index),
    );
    const at = Array.isArray(cmd) ? [...path, index] : path;
    found.forEach((match, n) => {
      if (places[n] !== 'comment') warn(match, at, { known, findings });
    });
  });
}

/** Values of `env` and of settings: kept as they are written, so a variable in them is never filled in. */
export function lintTextVariables(text: string, path: Path, findings: Findings): void {
  if (!text.includes('$')) return;
  const known = new Set<string>();
  for (const match of text.matchAll(used)) warn(match, path, { known, findings, isText: true });
}

function warn(
  match: RegExpExecArray,
  path: Path,
  {
    known,
    findings,
    isText,
  }: { readonly known: Set<string>; readonly findings: Findings; readonly isText?: boolean },
): void {
  const name = match[2] ?? match[3] ?? '';
  if (known.has(name)) return;
  known.add(name);
  const mark = match[0];
  const before = match.input.slice(0, match.index).split(mark).length - 1;
  findings.addMark('lint.foreign-variable', path, { mark, before }, [
    `"${name}" is set by another CI system, not by Millrace`,
    foreignVariableHint(name) + (isText ? '; only in cmd are variables filled in' : ''),
  ]);
}
