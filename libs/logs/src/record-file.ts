import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { Fault } from '#libs/kernel';
import type { EncodedRecord } from './line-records.ts';
import type { LogFiles } from './log-files.ts';
import { IndexBuilder, indexedBytesMin, storeIndex } from './log-index.ts';

/** What was stored. */
export interface StoredRecords {
  readonly bytes: number;
  readonly lines: number;
  /** Absent if no byte was written. */
  readonly digest?: string;
}

/**
 * The file of one log while it is written. Records that are added while a write is under way go together in the
 * next one: a slow writer is seen at once, a fast one writes in large pieces.
 */
export class RecordFile {
  readonly #handle: FileHandle;
  readonly #onStored: () => void;
  readonly #hash = createHash('sha256');
  readonly #index = new IndexBuilder();
  #pending: EncodedRecord[] = [];
  #flushing: Promise<void> | undefined;
  #failure: Fault | undefined;
  #added = 0;
  #stored = 0;
  #bytes = 0;

  private constructor(handle: FileHandle, onStored: () => void) {
    this.#handle = handle;
    this.#onStored = onStored;
  }

  /**
   * @param onStored  called after every write that readers can see
   * @throws Fault `step-log.exists`, `server.disk-low`
   */
  static async create(path: string, onStored: () => void): Promise<RecordFile> {
    const handle = await open(path, 'ax', 0o600).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EEXIST')
        throw new Fault('step-log.exists', 'never', 'this attempt has a log already', { cause });
      throw cannotWrite(cause);
    });
    return new RecordFile(handle, onStored);
  }

  add(record: EncodedRecord): void {
    this.#added += 1;
    this.#pending.push(record);
  }

  /**
   * Resolves when everything added before the call can be read.
   *
   * @throws Fault `server.disk-low`; nothing is stored after the first failure, since a torn record may end the file
   */
  async flush(): Promise<void> {
    const wanted = this.#added;
    while (this.#stored < wanted) {
      if (this.#failure) throw this.#failure;
      this.#flushing ??= this.#writePending().finally(() => {
        this.#flushing = undefined;
      });
      await this.#flushing;
    }
  }

  /** Brings everything to the disk and closes the file. A full disk keeps what was stored before. Called once. */
  async finish(files: LogFiles): Promise<StoredRecords> {
    try {
      await this.flush();
      if (this.#bytes > 0) await this.#handle.sync();
      if (this.#bytes >= indexedBytesMin) await storeIndex(files, this.#index.build(this.#bytes));
    } catch {
      // The writer has got the error already. The stored lines stay readable without an index.
    }
    await this.#handle.close().catch(() => {});
    const stored = { bytes: this.#bytes, lines: this.#index.lines };
    return stored.bytes > 0 ? { ...stored, digest: `sha256:${this.#hash.digest('hex')}` } : stored;
  }

  async #writePending(): Promise<void> {
    const records = this.#pending;
    this.#pending = [];
    const bytes = Buffer.from(records.map(({ record }) => record).join(''));
    try {
      for (let at = 0; at < bytes.length; )
        at += (await this.#handle.write(bytes, at)).bytesWritten;
    } catch (cause) {
      this.#failure = cannotWrite(cause);
      throw this.#failure;
    }
    this.#hash.update(bytes);
    for (const { record, beginsLine } of records) {
      this.#index.add(this.#bytes, beginsLine);
      this.#bytes += Buffer.byteLength(record);
    }
    this.#stored += records.length;
    this.#onStored();
  }
}

function cannotWrite(cause: unknown): Fault {
  return new Fault('server.disk-low', 'never', 'the log of the step cannot be written', { cause });
}
