import { type DiagnosticCode, type Severity, severityOf } from './diagnostic-catalog.ts';
import { limits } from './limits.ts';
import type { Problem } from './problem.ts';

/** What `validate` prints and the API answers. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters (code points). */
  readonly column: number;
  /** One sentence without a full stop. */
  readonly message: string;
  readonly hint?: string;
}

/** Gives the problems their lines and columns, in the order of the text; at most 100 and one that says so. */
export function toDiagnostics(
  problems: readonly Problem[],
  source: { readonly file: string; readonly text: string },
): Diagnostic[] {
  if (problems.length === 0) return [];
  const starts = lineStarts(source.text);
  const sorted = [...problems].sort((a, b) => a.offset - b.offset);
  const shown = sorted.slice(0, limits.diagnosticsMax);
  const last = shown.at(-1);
  if (sorted.length > shown.length && last) {
    const message = `${sorted.length - shown.length} more problems are not listed`;
    shown.push({ code: 'limit.diagnostics', offset: last.offset, message });
  }
  return shown.map(({ code, offset, message, hint }) => ({
    code,
    severity: severityOf(code),
    file: source.file,
    ...position(source.text, starts, offset),
    message,
    ...(hint === undefined ? {} : { hint }),
  }));
}

/** `FILE:LINE:COL: error MESSAGE [code]`, with the hint behind the message where there is one. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, severity, message, hint, code } = diagnostic;
  const advice = hint === undefined ? '' : ` (${hint})`;
  return `${file}:${line}:${column}: ${severity} ${message}${advice} [${code}]`;
}

/**
 * The line of the diagnostic, with a caret under the place; empty where the text has no such line.
 * Long lines are cut around the place to 100 characters.
 */
export function formatExcerpt(diagnostic: Diagnostic, text: string): string {
  const line = text.replace(/^\ufeff/, '').split(/\r\n|\n/, diagnostic.line)[diagnostic.line - 1];
  if (line === undefined) return '';
  const characters = [...line.replace(/\p{Cc}/gu, (char) => (char === '\t' ? '\t' : '\ufffd'))];
  const from = Math.max(0, Math.min(diagnostic.column - 61, characters.length - 100));
  const shown = characters.slice(from, from + 100);
  const before = shown.slice(0, diagnostic.column - 1 - from);
  // A tab stays a tab, so that the caret stands right whatever its width is.
  const padding = before.map((char) => (char === '\t' ? '\t' : ' ')).join('');
  const number = String(diagnostic.line).padStart(4);
  return `${number} | ${shown.join('')}\n     | ${padding}^`;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function position(
  text: string,
  starts: readonly number[],
  offset: number,
): { line: number; column: number } {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  const before = text.slice(starts[low] ?? 0, offset);
  return { line: low + 1, column: [...before].length + 1 };
}
