import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '#libs/kernel';
import { FsLogReader } from './fs-log-reader.ts';
import { FsLogWriter } from './fs-log-writer.ts';
import { LiveLogs } from './live-logs.ts';
import { logFiles } from './log-files.ts';
import { isRunId } from './log-key.ts';
import type { LogKey, LogLine, LogMask, LogReadOptions, LogStore, LogWriter } from './log-store.ts';
import { type KeptEntry, whatToRemove } from './retention.ts';

/** Bytes kept of one log by default. */
const bytesMaxDefault = 10 * 1024 * 1024;

/** Logs as files below a directory, one folder a run. */
export class FsLogStore implements LogStore {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #live = new LiveLogs();

  constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  async open(
    key: LogKey,
    options: { readonly bytesMax?: number; readonly mask?: LogMask } = {},
  ): Promise<LogWriter> {
    const files = logFiles(this.#directory, key);
    await mkdir(dirname(files.records), { recursive: true, mode: 0o700 });
    return FsLogWriter.open({
      files,
      clock: this.#clock,
      live: this.#live,
      bytesMax: options.bytesMax ?? bytesMaxDefault,
      mask: options.mask,
    });
  }

  read(key: LogKey, options: LogReadOptions = {}): AsyncIterable<LogLine> {
    return new FsLogReader(logFiles(this.#directory, key), this.#live).read(options);
  }

  async seal(key: LogKey): Promise<void> {
    const files = logFiles(this.#directory, key);
    if (this.#live.isOpen(files.records)) return;
    await mkdir(dirname(files.end), { recursive: true, mode: 0o700 });
    await writeFile(files.end, '', { flag: 'a', mode: 0o600 });
    this.#live.notify(files.records);
  }

  async removeRun(runId: string): Promise<void> {
    if (isRunId(runId)) await rm(join(this.#directory, runId), { recursive: true, force: true });
  }

  /**
   * Removes logs that are older than `ageMs`, then the oldest until all take at most `bytesMax`.
   * @returns how many runs lost their logs
   */
  async sweep(limits: { readonly ageMs: number; readonly bytesMax: number }): Promise<number> {
    const names = (await readdir(this.#directory).catch(() => [])).filter(isRunId);
    const entries: KeptEntry[] = [];
    for (const id of names) entries.push(await this.#entryOf(id));
    const old = whatToRemove(entries, { nowMs: this.#clock.nowMs(), ...limits });
    for (const id of old) await this.removeRun(id);
    return old.length;
  }

  async #entryOf(id: string): Promise<KeptEntry> {
    let bytes = 0;
    let lastUsedMs = 0;
    for (const name of await readdir(join(this.#directory, id)).catch(() => [])) {
      const file = await stat(join(this.#directory, id, name)).catch(() => undefined);
      bytes += file?.size ?? 0;
      lastUsedMs = Math.max(lastUsedMs, file?.mtimeMs ?? 0);
    }
    return { id, bytes, lastUsedMs };
  }
}
