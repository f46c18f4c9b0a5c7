// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file speaks about the pipeline's own references
import type { DiagnosticCode } from './diagnostic-catalog.ts';
import { didYouMean } from './did-you-mean.ts';
import { foreignReferenceHint } from './foreign-references.ts';

/** A piece of text: as it stands, or a reference to a var or an input. */
export type Segment =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'vars' | 'inputs'; readonly name: string; readonly reference: number };

export interface ReferenceProblem {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint?: string;
  /** Which `${{` of the text it is about, from 0. */
  readonly reference: number;
}

export interface Declared {
  readonly vars: ReadonlyMap<string, unknown>;
  readonly inputs: ReadonlyMap<string, unknown>;
}

const referencePattern = /^\s*([A-Za-z_][A-Za-z0-9_-]*)\s*\.\s*([A-Za-z_][A-Za-z0-9_]*)\s*$/;
/** Longer names (`steps.build.outputs.tag`) and expressions: the first name tells whose they are. */
const firstNamePattern = /(?<![\w.'"])([A-Za-z_][A-Za-z0-9_-]*)\s*[.[]\s*([A-Za-z0-9_.-]*)/g;

export function hasReference(text: string): boolean {
  return text.includes('${{');
}

/** Splits text at its `${{ … }}`. Only declared vars and inputs may be named. */
export function parseReferences(
  text: string,
  declared: Declared,
): { readonly segments: readonly Segment[]; readonly problems: readonly ReferenceProblem[] } {
  const segments: Segment[] = [];
  const problems: ReferenceProblem[] = [];
  let at = 0;
  for (let reference = 0; ; reference += 1) {
    const open = text.indexOf('${{', at);
    if (open < 0) break;
    if (open > at) segments.push({ kind: 'text', text: text.slice(at, open) });
    const close = text.indexOf('}}', open + 3);
    if (close < 0) {
      const message = '"${{" is not closed by "}}"';
      problems.push({ code: 'ref.syntax', message, reference });
      return { segments, problems };
    }
    const found = parseOne(text.slice(open + 3, close), reference, declared);
    if ('kind' in found) segments.push(found);
    else problems.push(found);
    at = close + 2;
  }
  if (at < text.length) segments.push({ kind: 'text', text: text.slice(at) });
  return { segments, problems };
}

function parseOne(
  inside: string,
  reference: number,
  declared: Declared,
): Segment | ReferenceProblem {
  const [, namespace, name] = referencePattern.exec(inside) ?? [];
  if (namespace === undefined || name === undefined) return notOne(inside, reference);
  if (namespace !== 'vars' && namespace !== 'inputs') {
    const message = `"${namespace}" cannot be referred to in this version`;
    const code = 'ref.unknown-namespace';
    const foreign = foreignReferenceHint(namespace, name);
    if (foreign !== undefined) return { code, message, hint: foreign, reference };
    const hint = didYouMean(namespace, ['vars', 'inputs']) ?? 'write vars.NAME or inputs.NAME';
    return { code, message, hint, reference };
  }
  if (declared[namespace].has(name)) return { kind: namespace, name, reference };
  const one = namespace === 'vars' ? 'var' : 'input';
  const hint = didYouMean(name, declared[namespace].keys()) ?? `declare it under "${namespace}"`;
  const message = `the ${one} "${name}" is not declared`;
  return { code: `ref.undeclared-${one}`, message, hint, reference };
}

/** More than one name after the dot, an operator, a function: of other systems, or nobody's. */
function notOne(inside: string, reference: number): ReferenceProblem {
  for (const [, namespace = '', rest = ''] of inside.matchAll(firstNamePattern)) {
    const hint = foreignReferenceHint(namespace, rest);
    if (hint === undefined) continue;
    const message = `"${namespace}" cannot be referred to in this version`;
    return { code: 'ref.unknown-namespace', message, hint, reference };
  }
  const shown = inside.trim().replace(/\s+/g, ' ').slice(0, 60);
  const message = `"\${{ ${shown} }}" is not a reference`;
  const isCall = /^\s*[A-Za-z_]\w*\s*\(/.test(inside);
  const hint = isCall
    ? 'there are no functions in this version: work it out in cmd'
    : 'write vars.NAME or inputs.NAME';
  return { code: 'ref.syntax', message, hint, reference };
}

/**
 * Where the n-th `${{` (or another mark) of a scalar stands in the text of the file. Exact for plain and block scalars and for
 * quoted ones without escapes inside the mark; else the scalar's start.
 */
export function referenceOffset(
  text: string,
  scalar: { readonly start: number; readonly end: number },
  reference: number,
  mark = '${{',
): number {
  let at = scalar.start - 1;
  for (let n = 0; n <= reference; n += 1) {
    at = text.indexOf(mark, at + 1);
    if (at < 0 || at >= scalar.end) return scalar.start;
  }
  return at;
}
