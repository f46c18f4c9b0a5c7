/** A line, or a piece of one. */
export interface LinePiece {
  /** Valid Unicode without `\n` and NUL, at most `lineBytesMax` bytes as UTF-8. */
  readonly text: string;
  readonly lineEnds: boolean;
}

/** Longer lines are split, so that no reader ever needs more than this for one line. */
export const lineBytesMax = 64 * 1024;

const newline = 0x0a;
const carriageReturn = 0x0d;

/**
 * Cuts the bytes of one stream into lines at `\n` and `\r\n`. Splitting is done on bytes and never inside a
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
    for (let end = input.indexOf(newline); end >= 0; end = input.indexOf(newline, at)) {
      this.take(input.subarray(at, end), pieces);
      pieces.push(...textPieces(withoutReturn(this.pending), true));
      this.pending = Buffer.alloc(0);
      at = end + 1;
    }
    if (at < input.length) this.take(Buffer.from(input.subarray(at)), pieces);
    return pieces;
  }

  /**
   * Gives out what is there of a line whose end has not come. A cut character and a `\r`, which may be half
   * of a line end, stay.
   */
  flushOpen(): LinePiece[] {
    const whole = completeLength(withoutReturn(this.pending));
    const pieces = whole > 0 ? textPieces(this.pending.subarray(0, whole), false) : [];
    this.pending = this.pending.subarray(whole);
    return pieces;
  }

  /** The stream is over: whatever is left is a line, though its end never came. */
  end(): LinePiece[] {
    const rest = this.pending;
    this.pending = Buffer.alloc(0);
    return rest.length > 0 ? textPieces(withoutReturn(rest), true) : [];
  }

  private take(bytes: Buffer, pieces: LinePiece[]): void {
    this.pending = this.pending.length > 0 ? Buffer.concat([this.pending, bytes]) : bytes;
    while (this.pending.length > lineBytesMax) {
      const cut = completeLength(this.pending.subarray(0, lineBytesMax));
      pieces.push(...textPieces(this.pending.subarray(0, cut), false));
      this.pending = this.pending.subarray(cut);
    }
  }
}

/** Decodes; where the repair of broken bytes made the text too long, it is cut again. */
export function textPieces(bytes: Buffer, lineEnds: boolean): LinePiece[] {
  const decoded = bytes.toString('utf8');
  const text = decoded.includes('\u0000') ? decoded.replaceAll('\u0000', '\ufffd') : decoded;
  if (bytes.length * 3 <= lineBytesMax || Buffer.byteLength(text) <= lineBytesMax)
    return [{ text, lineEnds }];
  const pieces: LinePiece[] = [];
  for (let rest = Buffer.from(text); rest.length > 0; ) {
    const cut = completeLength(rest.subarray(0, lineBytesMax));
    const isLast = cut === rest.length;
    pieces.push({ text: rest.toString('utf8', 0, cut), lineEnds: lineEnds && isLast });
    rest = rest.subarray(cut);
  }
  return pieces;
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
    // A lone lead byte with nothing before it is given out broken rather than kept for ever.
    return needed > back && bytes.length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
