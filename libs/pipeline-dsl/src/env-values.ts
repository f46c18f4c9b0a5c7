import type { EnvValue } from '#libs/events';
import { namePattern } from './declarations.ts';
import type { Findings } from './findings.ts';
import { lintTextVariables } from './foreign-variables.ts';
import { limits } from './limits.ts';
import { lintLiteralVariables } from './literal-variables.ts';
import { type Declared, hasReference, parseReferences, type Segment } from './references.ts';
import type { Path } from './tree.ts';

export interface TextScope extends Declared {
  readonly vars: ReadonlyMap<string, string>;
  readonly findings: Findings;
}

/** One `env` map of the file: names checked, vars filled in, inputs left as segments. */
export function readEnv(
  source: Readonly<Record<string, unknown>>,
  path: Path,
  scope: TextScope,
): Record<string, EnvValue> {
  const env: [string, EnvValue][] = [];
  let bytes = 0;
  for (const [name, value] of Object.entries(source)) {
    const at = [...path, name];
    checkName(name, at, scope.findings);
    const compiled = envValue(String(value), at, scope);
    const entryBytes = Buffer.byteLength(name) + 2 + byteLength(compiled);
    bytes += entryBytes;
    if (entryBytes > limits.envEntryBytesMax) {
      const message = `the value of ${name} has more than ${limits.envEntryBytesMax} bytes`;
      scope.findings.add('limit.env', { path: at }, message);
    }
    env.push([name, compiled]);
  }
  if (bytes > limits.envBytesMax || env.length > limits.envEntriesMax) {
    const message = `more than ${limits.envEntriesMax} variables or ${limits.envBytesMax} bytes`;
    scope.findings.add('limit.env', { path, at: 'key' }, message);
  }
  return Object.fromEntries(env);
}

/** Text with vars filled in. Inputs are not known when the file is compiled and are refused. */
export function fillVars(text: string, path: Path, scope: TextScope): string {
  lintTextVariables(text, path, scope.findings);
  if (!hasReference(text)) return text;
  const { segments, problems } = parseReferences(text, scope);
  for (const problem of problems) scope.findings.addReference(path, problem);
  return segments
    .map((segment) => {
      if (segment.kind === 'inputs') {
        const message = 'an input cannot be used here, only in cmd and env';
        const { reference } = segment;
        scope.findings.addReference(path, { code: 'ref.not-allowed', message, reference });
      }
      return textOf(segment, scope);
    })
    .join('');
}

function envValue(text: string, path: Path, scope: TextScope): EnvValue {
  lintTextVariables(text, path, scope.findings);
  lintLiteralVariables(text, path, scope);
  if (!hasReference(text)) return text;
  const { segments, problems } = parseReferences(text, scope);
  for (const problem of problems) scope.findings.addReference(path, problem);
  const parts: (string | { input: string })[] = [];
  for (const segment of segments) {
    const last = parts.at(-1);
    if (segment.kind === 'inputs') parts.push({ input: segment.name });
    else if (typeof last === 'string') parts[parts.length - 1] = last + textOf(segment, scope);
    else parts.push(textOf(segment, scope));
  }
  if (parts.every((part) => typeof part === 'string')) return parts.join('');
  return parts;
}

function textOf(segment: Segment, scope: TextScope): string {
  if (segment.kind === 'text') return segment.text;
  return segment.kind === 'vars' ? (scope.vars.get(segment.name) ?? '') : '';
}

function checkName(name: string, path: Path, findings: Findings): void {
  if (!namePattern.test(name)) {
    const message = `the variable name ${JSON.stringify(name.slice(0, 60))} has other characters than letters, digits and _`;
    findings.add('env.malformed-name', { path, at: 'key' }, message);
  } else if (name.startsWith('MILLRACE_')) {
    const message = `"${name}" is reserved: variables that start with MILLRACE_ are set by Millrace`;
    findings.add('env.reserved-name', { path, at: 'key' }, message);
  }
}

function byteLength(value: EnvValue): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  return value.reduce(
    (sum, part) => sum + (typeof part === 'string' ? Buffer.byteLength(part) : 0),
    0,
  );
}
