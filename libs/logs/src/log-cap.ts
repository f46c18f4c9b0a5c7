/** What was left out, and what came last. */
export interface CapSummary {
  readonly droppedLines: number;
  readonly droppedBytes: number;
  readonly tail: readonly string[];
}

/** How much of the end is kept once the limit is reached: enough for a stack trace and its story. */
export const tailBytesMax = 64 * 1024;

/**
 * The limit of one log. Up to `bytesMax` records are stored; from the first one that does not fit on, all are
 * held here: the last 64 KiB are kept, the rest is counted and forgotten.
 */
export class LogCap {
  private readonly bytesMax: number;
  private bytes = 0;
  private tail: { readonly record: string; readonly bytes: number }[] = [];
  private tailBytes = 0;
  private droppedLines = 0;
  private droppedBytes = 0;
  isReached = false;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** True where the record is to be stored now. */
  admits(record: string): boolean {
    const bytes = Buffer.byteLength(record);
    if (!this.isReached && this.bytes + bytes <= this.bytesMax) {
      this.bytes += bytes;
      return true;
    }
    this.isReached = true;
    this.hold(record, bytes);
    return false;
  }

  finish(): CapSummary {
    const { droppedLines, droppedBytes } = this;
    return { droppedLines, droppedBytes, tail: this.tail.map(({ record }) => record) };
  }

  private hold(record: string, bytes: number): void {
    this.tail.push({ record, bytes });
    this.tailBytes += bytes;
    while (this.tailBytes > tailBytesMax && this.tail.length > 1) {
      const oldest = this.tail.shift();
      if (oldest === undefined) return;
      this.tailBytes -= oldest.bytes;
      this.droppedBytes += oldest.bytes;
      this.droppedLines += 1;
    }
  }
}
