/** A line, or a piece of one. */
export interface LinePiece {
  /** Valid Unicode without `\n` and NUL. */
  readonly text: string;
  /** What follows: the line's end, more of a line that was too long, or not known yet. */
  readonly end: 'line' | 'split' | 'open';
}

/** Longer lines are split, so that no reader ever needs more than this for one line. */
export const lineBytesMax = 64 * 1024;

const newline = 0x0a;
const carriageReturn = 0x0d;

/**
 * Cuts the bytes of one stream into lines at `\n` and `\r\n`. Splitting never goes inside a
 * character, so chunk borders leave no trace; what is not UTF-8, and NUL, becomes U+FFFD.
 */
export class LineSplitter {
  private pending: Buffer = Buffer.alloc(0);

  /** Bytes of a line whose end has not come. */
  get pendingBytes(): number {
    return this.pending.length;
  }

  push(bytes: Uint8Array): LinePiece[] {
    const pieces: LinePiece[] = [];
    const input = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    if (this.pending.length > 0) {
      const end = input.indexOf(newline);
      this.take(end < 0 ? input : input.subarray(0, end), pieces);
      if (end < 0) return pieces;
      pieces.push({ text: decoded(withoutReturn(this.pending)), end: 'line' });
      this.pending = Buffer.alloc(0);
      at = end + 1;
    }
    const last = input.lastIndexOf(newline);
    if (last >= at) {
      // All whole lines at once: a line end is never inside a character, and one call for each costs more than its work.
      for (const line of decoded(input.subarray(at, last)).split('\n'))
        pieces.push({ text: line.endsWith('\r') ? line.slice(0, -1) : line, end: 'line' });
      at = last + 1;
    }
    if (at < input.length) this.take(Buffer.from(input.subarray(at)), pieces);
    return pieces;
  }

  /**
   * Gives out the part of an open line that is there. A cut character and a `\r`, which may be half
   * of a line end, stay.
   */
  flushOpen(): LinePiece[] {
    const whole = completeLength(withoutReturn(this.pending));
    if (whole === 0) return [];
    const text = decoded(this.pending.subarray(0, whole));
    this.pending = this.pending.subarray(whole);
    return [{ text, end: 'open' }];
  }

  /** Called at the end of the stream: the rest is a line, though its end never came. */
  end(): LinePiece[] {
    const rest = this.takePending();
    return rest.length > 0 ? [{ text: decoded(withoutReturn(rest)), end: 'line' }] : [];
  }

  /** Gives the bytes of the open line back unchanged, and starts afresh. */
  takePending(): Buffer {
    const rest = this.pending;
    this.pending = Buffer.alloc(0);
    return rest;
  }

  private take(bytes: Buffer, pieces: LinePiece[]): void {
    this.pending = this.pending.length > 0 ? Buffer.concat([this.pending, bytes]) : bytes;
    while (this.pending.length > lineBytesMax) {
      const cut = completeLength(this.pending.subarray(0, lineBytesMax));
      pieces.push({ text: decoded(this.pending.subarray(0, cut)), end: 'split' });
      this.pending = this.pending.subarray(cut);
    }
  }
}

/** As text without NUL. */
export function decoded(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.includes('\u0000') ? text.replaceAll('\u0000', '\ufffd') : text;
}

/**
 * Cuts a text so that the first part takes at most `firstMax` bytes as UTF-8, and each further one at most `lineBytesMax`.
 * The first is empty if not even one character fits.
 */
export function fitted(text: string, firstMax: number): string[] {
  if (text.length * 3 <= firstMax || Buffer.byteLength(text) <= firstMax) return [text];
  const texts: string[] = [];
  for (let rest = Buffer.from(text), max = firstMax; rest.length > 0; max = lineBytesMax) {
    const isLast = rest.length <= max;
    const cut = isLast ? rest.length : boundary(rest, max);
    texts.push(rest.toString('utf8', 0, cut));
    rest = rest.subarray(cut);
  }
  return texts;
}

/** The end of the last whole character of valid UTF-8 at or before `at`. */
function boundary(bytes: Buffer, at: number): number {
  let cut = at;
  while (cut > 0 && ((bytes[cut] ?? 0) & 0xc0) === 0x80) cut -= 1;
  return cut;
}

function withoutReturn(bytes: Buffer): Buffer {
  return bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes;
}

/** Length of the longest beginning that does not end inside a UTF-8 character. */
function completeLength(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return needed > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
