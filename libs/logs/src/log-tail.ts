import { type LinePiece, LineSplitter } from './line-splitter.ts';
import type { LogLine } from './log-store.ts';
import { headBytes } from './record.ts';

/** How much of the end is kept once the limit is reached: enough for a stack trace and the lines before it. */
export const tailBytesMax = 64 * 1024;
/** The end of a step that writes letter by letter is shorter: this bounds what is kept beside the bytes. */
const segmentsMax = 4_096;

const newline = 0x0a;

type Stream = LogLine['stream'];

interface Segment {
  readonly stream: Stream;
  readonly timeMs: number;
  readonly bytes: Uint8Array;
}

/** A piece of the tail, with the time at which it came. */
export interface TailPiece extends LinePiece {
  readonly stream: Stream;
  readonly timeMs: number;
}

export interface TailSummary {
  readonly pieces: readonly TailPiece[];
  readonly droppedLines: number;
  readonly droppedBytes: number;
}

/**
 * The end of a log beyond its limit. A step may print for hours there: bytes are neither read, cut nor copied, only their line ends
 * are counted when they are dropped. The last 64 KiB become lines when the step has ended.
 */
export class LogTail {
  readonly #segments: Segment[] = [];
  /** Streams whose first kept byte may lie within a line; true if bytes before it were dropped. */
  readonly #inside = new Map<Stream, boolean>();
  #bytes = 0;
  #droppedLines = 0;
  #droppedBytes = 0;

  /** @param begun  streams of which a line is begun already */
  constructor(begun: Iterable<Stream>) {
    for (const stream of begun) this.#inside.set(stream, false);
  }

  /** @param bytes  must not be changed afterwards */
  push(stream: Stream, bytes: Uint8Array, timeMs: number): void {
    if (bytes.length === 0) return;
    this.#segments.push({ stream, timeMs, bytes });
    this.#bytes += bytes.length;
    for (;;) {
      const [oldest] = this.#segments;
      if (!oldest || !this.#isTooMuch(oldest)) return;
      this.#segments.shift();
      this.#drop(oldest);
    }
  }

  /** @param isMasked  the rest of a line whose beginning is not here may be the rest of a secret: it is left out */
  finish(isMasked: boolean): TailSummary {
    const pieces = this.#lastThatFit(this.#withoutCutLines(this.#pieces(), isMasked), isMasked);
    return { pieces, droppedLines: this.#droppedLines, droppedBytes: this.#droppedBytes };
  }

  #isTooMuch(oldest: Segment): boolean {
    return this.#bytes - oldest.bytes.length >= tailBytesMax || this.#segments.length > segmentsMax;
  }

  #drop({ stream, bytes }: Segment): void {
    this.#bytes -= bytes.length;
    this.#droppedBytes += bytes.length;
    this.#droppedLines += countLineEnds(bytes);
    if (bytes.at(-1) === newline) this.#inside.delete(stream);
    else this.#inside.set(stream, true);
  }

  #pieces(): TailPiece[] {
    const splitters = new Map<Stream, LineSplitter>();
    const pieces: TailPiece[] = [];
    let last: Segment | undefined;
    for (const segment of this.#segments) {
      const { stream, timeMs, bytes } = segment;
      const splitter = splitters.get(stream) ?? new LineSplitter();
      splitters.set(stream, splitter);
      for (const piece of splitter.push(bytes)) pieces.push({ ...piece, stream, timeMs });
      last = segment;
    }
    for (const [stream, splitter] of splitters)
      for (const piece of splitter.end())
        pieces.push({ ...piece, stream, timeMs: last?.timeMs ?? 0 });
    return pieces;
  }

  /** Leaves out the ends of lines whose beginnings were dropped. Of a line without an end the last bytes are kept: better than none. */
  #withoutCutLines(pieces: readonly TailPiece[], isMasked: boolean): TailPiece[] {
    const inside = new Map(
      [...this.#inside].filter(
        ([stream, isCut]) => isMasked || (isCut && this.#hasLineEnd(stream)),
      ),
    );
    return pieces.filter((piece) => {
      if (!inside.has(piece.stream)) return true;
      if (piece.end === 'line') inside.delete(piece.stream);
      this.#dropPiece(piece);
      return false;
    });
  }

  #hasLineEnd(stream: Stream): boolean {
    return this.#segments.some((each) => each.stream === stream && each.bytes.includes(newline));
  }

  /** Each line takes a head on disk: of short lines fewer bytes are kept. */
  #lastThatFit(pieces: readonly TailPiece[], isMasked: boolean): readonly TailPiece[] {
    let bytes = 0;
    let from = pieces.length;
    for (; from > 0; from -= 1) {
      bytes += headBytes + 1 + Buffer.byteLength(pieces[from - 1]?.text ?? '');
      if (bytes > tailBytesMax && from < pieces.length) break;
    }
    const kept = pieces.slice(from);
    const cut = new Set<Stream>();
    for (const piece of pieces.slice(0, from)) {
      this.#dropPiece(piece);
      if (piece.end === 'line') cut.delete(piece.stream);
      else cut.add(piece.stream);
    }
    if (!isMasked) return kept;
    return kept.filter((piece) => {
      if (!cut.has(piece.stream)) return true;
      if (piece.end === 'line') cut.delete(piece.stream);
      this.#dropPiece(piece);
      return false;
    });
  }

  #dropPiece({ text, end }: TailPiece): void {
    this.#droppedBytes += Buffer.byteLength(text) + (end === 'line' ? 1 : 0);
    this.#droppedLines += end === 'line' ? 1 : 0;
  }
}

/** Byte by byte: on a block of line ends a search for the next one costs fifty times as much. */
function countLineEnds(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at += 1) if (bytes[at] === newline) count += 1;
  return count;
}
