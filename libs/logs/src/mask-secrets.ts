import type { LogMask, LogPiece } from './log-store.ts';

/** Shorter values occur everywhere: masking them would ruin the log and hide nothing. */
export const secretLengthMin = 4;
const stars = '***';

interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * A mask for exact values: each is replaced by `***` as it is, line by line if it has several, as base64
 * (at any alignment, both alphabets) and percent-encoded. Values under four characters are not masked.
 * One mask serves one log: it carries what could be the beginning of a secret over the border of two pieces.
 */
export function maskSecrets(values: readonly string[]): LogMask {
  const secrets = [...new Set(values.flatMap(formsOf))].filter(
    (secret) => secret.length >= secretLengthMin,
  );
  const carried = new Map<LogPiece['stream'], string>();
  return {
    mask(text, { stream, lineEnds }) {
      const input = (carried.get(stream) ?? '') + text;
      const found = occurrences(input, secrets);
      const cut = lineEnds ? input.length : safeCut(input, secrets, found);
      carried.set(stream, input.slice(cut));
      return starred(
        input.slice(0, cut),
        found.filter(({ to }) => to <= cut),
      );
    },
  };
}

/** The texts in which a value commonly shows. */
function formsOf(value: string): string[] {
  const lines = value.split(/\r?\n/);
  const forms = [...lines, ...lines.map((line) => encodeURIComponent(line.toWellFormed()))];
  return value.length < 2 * secretLengthMin ? forms : [...forms, ...base64Forms(value)];
}

/**
 * Base64 of a value inside some longer text: three alignments, without the characters at both ends that
 * depend on the neighbours.
 */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value);
  return [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    const first = Math.ceil((shift * 8) / 6);
    const last = Math.floor(((shift + bytes.length) * 8) / 6);
    const core = encoded.slice(first, last);
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** Where secrets lie, overlapping ones joined, in order. */
function occurrences(input: string, secrets: readonly string[]): Range[] {
  const found: Range[] = [];
  for (const secret of secrets) {
    for (let at = input.indexOf(secret); at >= 0; at = input.indexOf(secret, at + 1))
      found.push({ from: at, to: at + secret.length });
  }
  found.sort((a, b) => a.from - b.from);
  const joined: Range[] = [];
  for (const range of found) {
    const last = joined.at(-1);
    if (last !== undefined && range.from < last.to)
      joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
    else joined.push(range);
  }
  return joined;
}

/** The length of the beginning that no following text can make a part of a secret. */
function safeCut(input: string, secrets: readonly string[], found: readonly Range[]): number {
  let kept = 0;
  for (const secret of secrets) {
    for (let length = Math.min(secret.length - 1, input.length); length > kept; length -= 1) {
      if (input.endsWith(secret.slice(0, length))) kept = length;
    }
  }
  const cut = input.length - kept;
  return found.find(({ from, to }) => from < cut && cut < to)?.from ?? cut;
}

function starred(text: string, ranges: readonly Range[]): string {
  let masked = '';
  let at = 0;
  for (const { from, to } of ranges) {
    masked += text.slice(at, from) + stars;
    at = to;
  }
  return masked + text.slice(at);
}
