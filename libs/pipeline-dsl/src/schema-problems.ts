import type { z } from 'zod';
import type { DiagnosticCode } from './diagnostic-catalog.ts';
import { didYouMean } from './did-you-mean.ts';
import { type ForeignKey, foreignKey, hintOf, type Place } from './foreign-keys.ts';
import { foreignValueHint } from './foreign-values.ts';
import { limits } from './limits.ts';
import type { Problem } from './problem.ts';
import { colonHint } from './read-tree.ts';
import { aliases, defaultsKeys, sourceKeys, stepKeys, topKeys } from './schema.ts';
import { durationPattern, shellExpected } from './schema-fields.ts';
import { type Node, nodeAt, offsetAt, type Path } from './tree.ts';

type Issue = z.core.$ZodIssue;

/** More are never shown; finding the place of each takes time. */
const most = limits.diagnosticsMax + 1;

/** What zod found, as problems at the exact token, in our words. */
export function schemaProblems(issues: readonly Issue[], root: Node): Problem[] {
  return issues.slice(0, most).flatMap((issue) => problemsOf(issue, [], root));
}

function problemsOf(issue: Issue, above: Path, root: Node): Problem[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, most).map((key) => unknownKey(key, path, root));
  }
  if (issue.code === 'invalid_union') {
    const branch = bestBranch(issue.errors, nodeAt(root, path));
    if (branch)
      return explained(branch, path, root).flatMap((inner) => problemsOf(inner, path, root));
  }
  return [valueProblem(issue, path, root)];
}

/** A key that is missing beside an unknown one is most likely meant by it: one sentence is enough. */
function explained(issues: readonly Issue[], path: Path, root: Node): readonly Issue[] {
  if (!issues.some(({ code }) => code === 'unrecognized_keys')) return issues;
  const above = nodeAt(root, path);
  const isMissing = (issue: Issue) =>
    issue.path.length > 0 && nodeAt(root, [...path, ...issue.path]) === above;
  return issues.filter((issue) => !isMissing(issue));
}

/** Of a union's branches the one that was meant: it fits the value's kind and fails further inside. */
function bestBranch(
  branches: readonly (readonly Issue[])[],
  node: Node,
): readonly Issue[] | undefined {
  const isText = node.kind === 'scalar' && typeof node.value === 'string';
  const isInside = (issue: Issue) =>
    issue.path.length > 0 ||
    issue.code === 'unrecognized_keys' ||
    issue.code === 'too_big' ||
    issue.code === 'too_small' ||
    (issue.code === 'invalid_value' && isText) ||
    (issue.code === 'invalid_union' && bestBranch(issue.errors, node) !== undefined);
  return branches.find((issues) => issues.length > 0 && issues.every(isInside));
}

function valueProblem(issue: Issue, path: Path, root: Node): Problem {
  const node = nodeAt(root, path);
  const offset = node.start;
  const key = keyOf(path);
  if (issue.code === 'too_big' && issue.origin !== 'number' && issue.origin !== 'int') {
    const code = issue.origin === 'string' ? 'limit.text' : 'limit.items';
    const unit = issue.origin === 'string' ? 'characters' : 'entries';
    return { code, offset, message: `${key} has more than ${issue.maximum} ${unit}` };
  }
  if (aliases.id.some((name) => name === path.at(-1)) && issue.code === 'invalid_format') {
    return malformedId(node, offset);
  }
  const isDuration = issue.code === 'invalid_format' && issue.pattern === String(durationPattern);
  if (issue.code === 'invalid_value' && node.kind === 'scalar' && node.value === 'proxy') {
    const message = `${key}: "proxy" is not supported by this version`;
    return { code: 'schema.unsupported-value', offset, message, hint: 'use "none" or "host"' };
  }
  const code = isDuration ? 'schema.duration' : codeOf(issue, key);
  const actual = node.kind === 'scalar' || code === 'schema.type' ? `, not ${describe(node)}` : '';
  const message = `${key} must be ${issue.message}${actual}`;
  const hint = foreignValueHint(path, node) ?? hintFor(issue, node);
  return hint === undefined ? { code, offset, message } : { code, offset, message, hint };
}

function codeOf(issue: Issue, key: string): DiagnosticCode {
  if (issue.code === 'invalid_type' || issue.code === 'invalid_union') {
    return key === '"timeout"' || key === '"backoff"' ? 'schema.duration' : 'schema.type';
  }
  return 'schema.value';
}

function malformedId(node: Node, offset: number): Problem {
  const written = node.kind === 'scalar' ? node.written : '';
  const message = `the step id ${quote(written)} is malformed: it starts with a lower-case letter and has at most 63 of a-z, 0-9, _ and -`;
  const suggested = slug(written);
  const code = 'step.malformed-id';
  return suggested
    ? { code, offset, message, hint: `for instance "${suggested}"` }
    : { code, offset, message };
}

/** A legal step id made from any text, or undefined. */
export function slug(written: string): string | undefined {
  const id = written
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 63);
  return id === '' ? undefined : id;
}

function hintFor(issue: Issue, node: Node): string | undefined {
  if (node.kind === 'map' && node.entries.length === 1 && issue.message === 'text')
    return colonHint;
  if (node.kind !== 'scalar') return undefined;
  if (issue.message === shellExpected && typeof node.value === 'string')
    return shellHint(node.value);
  if (issue.code === 'invalid_value' && typeof node.value === 'string') {
    const values = issue.values.filter((value) => typeof value === 'string');
    return didYouMean(node.value, values);
  }
  if (issue.code !== 'invalid_type' && issue.code !== 'invalid_union') return undefined;
  if (issue.code === 'invalid_type' && issue.expected === 'boolean') {
    if (/^(?:yes|on|y)$/i.test(node.written)) return 'write true';
    if (/^(?:no|off|n)$/i.test(node.written)) return 'write false';
  }
  const wantsText = /^(?:text|the name|a label|a path|a step id)/.test(issue.message);
  if (wantsText && (typeof node.value === 'number' || typeof node.value === 'boolean')) {
    return `put it in quotes: "${node.written}"`;
  }
  if (/duration/.test(issue.message) && typeof node.value === 'number') {
    return `write ${node.written}s or ${node.written}m`;
  }
  return undefined;
}

/** `shell: bash -e {0}` and `shell: python` as lists. */
function shellHint(written: string): string {
  const words = written.split(/\s+/).filter((word) => word !== '' && word !== '{0}');
  return `write [${[...words, '"{0}"'].join(', ')}]`;
}

function unknownKey(key: string, path: Path, root: Node): Problem {
  const offset = offsetAt(root, [...path, key], 'key');
  const foreign = foreignKeyAt(key, path);
  if (foreign) {
    const hint = hintOf(foreign, nodeAt(root, [...path, key]));
    return foreign.of === 'later'
      ? {
          code: 'schema.unsupported-key',
          offset,
          message: `${quote(key)} is not supported by this version`,
          hint,
        }
      : {
          code: 'schema.foreign-key',
          offset,
          message: `${quote(key)} is a key of ${foreign.of}`,
          hint,
        };
  }
  const message = `unknown key ${quote(key)}${path.length === 0 ? '' : ` in ${placeOf(path)}`}`;
  const hint = didYouMean(key, knownKeys(path)) ?? whereItBelongs(key, path);
  const code = 'schema.unknown-key';
  return hint === undefined ? { code, offset, message } : { code, offset, message, hint };
}

function foreignKeyAt(key: string, path: Path): ForeignKey | undefined {
  const place = placeNamed(path);
  return place && foreignKey(key, place);
}

function placeNamed(path: Path): Place | undefined {
  if (path.length === 0) return 'file';
  if (path[0] === 'steps' && path.length === 2) return 'step';
  if (path[0] === 'defaults' && path.length === 1) return 'defaults';
  const names = path.filter((part) => typeof part === 'string');
  const last = names.at(-1) ?? '';
  if (last === 'retry') return 'retry';
  if (aliases.artifacts.some((name) => name === last)) return 'artifacts';
  return aliases.dependsOn.some((name) => name === last) ? 'dependency' : undefined;
}

function knownKeys(path: Path): readonly string[] {
  if (path.length === 0) return topKeys;
  if (path[0] === 'steps' && path.length === 2) return stepKeys;
  if (path[0] === 'defaults' && path.length === 1) return defaultsKeys;
  if (path[0] === 'source') return sourceKeys;
  if (path[0] === 'inputs') return ['type', 'values', 'default', 'description'];
  if (path.at(-1) === 'retry') return ['max', 'on', 'backoff'];
  if (path.at(-1) === 'artifacts') return ['paths', 'over_limit'];
  if (path.includes('retry')) return ['exit'];
  return ['id', 'optional'];
}

function whereItBelongs(key: string, path: Path): string | undefined {
  if (path.length === 0 && defaultsKeys.includes(key))
    return `it belongs under "defaults" or into a step`;
  if (path.length === 0 && stepKeys.includes(key)) return 'it belongs into a step';
  if (path[0] === 'steps' && topKeys.includes(key)) return 'it belongs to the top of the file';
  return undefined;
}

function placeOf(path: Path): string {
  if (path[0] === 'steps' && path.length === 2) return 'a step';
  return keyOf(path);
}

function keyOf(path: Path): string {
  if (path.length === 0) return 'the file';
  const names = path.filter((part) => typeof part === 'string');
  const name = names.at(-1);
  if (name === 'steps' && path.length === 2) return 'a step';
  const last = path.at(-1);
  return typeof last === 'number' ? `entry ${last + 1} of "${name}"` : quote(String(name));
}

/** What stands there, in a few words. */
export function describe(node: Node): string {
  if (node.kind === 'list') return 'a list';
  if (node.kind === 'map') return 'a map';
  if (node.written === '' && node.value === null) return 'nothing';
  if (node.value === null) return 'null';
  if (typeof node.value === 'string') return quote(node.value);
  return node.written.length > 40 ? `a ${typeof node.value}` : node.written;
}

function quote(written: string): string {
  const short = written.length > 60 ? `${written.slice(0, 60)}…` : written;
  return JSON.stringify(short);
}
