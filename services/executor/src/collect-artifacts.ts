import { setImmediate as nextTurn } from 'node:timers/promises';
import { artifactNameProblem } from '#libs/api-contract';
import type { BlobStore } from '#libs/blobs';
import type { Artifact } from '#libs/events';
import { Fault } from '#libs/kernel';
import {
  type ArtifactPattern,
  advance,
  artifactFilesMax,
  isComplete,
  type PatternProgress,
  parseArtifactPattern,
  patternStart,
  takesWholeDirectory,
} from '#libs/pipeline-dsl';
import { type DirectoryEntry, OpenDirectory } from './open-directory.ts';

/** What a report carries at most (an event holds 64 KiB, names count). */
const reportBytesMax = 40 * 1024;
/** A workspace may hold millions of files: the walk ends there and says so. */
const entriesMax = 200_000;
/** After this many names other work gets its turn: patterns that are made to be slow must not delay a heartbeat. */
const namesPerTurn = 64;
/** Levels of directories, each of which holds a descriptor. */
const depthMax = 64;

export interface CollectOptions {
  readonly workspaceDir: string;
  readonly patterns: readonly string[];
  readonly blobs: Pick<BlobStore, 'put'>;
  readonly bytesMax: number;
  readonly abort: AbortSignal;
}

export interface Collected {
  readonly artifacts: readonly Artifact[];
  /** Lines for the step's log: what was not found, not taken, or cut. */
  readonly warnings: readonly string[];
  /** The first limit that left something out. */
  readonly overLimit: string | undefined;
}

/**
 * Takes the files that the patterns name into the blob store: regular files only, no link is followed, neither at the
 * end nor on the way. Called when the sandbox is dead; a file that changes all the same is stored as it was read.
 * Warnings end no attempt.
 *
 * @throws Fault of the blob store
 */
export async function collectArtifacts(options: CollectOptions): Promise<Collected> {
  const walk = new ArtifactWalk(options);
  if (options.patterns.length > 0) await walk.run();
  return { artifacts: walk.artifacts, warnings: walk.warnings, overLimit: walk.overLimit };
}

interface Want {
  readonly pattern: ArtifactPattern;
  readonly progress: PatternProgress;
}

interface Place {
  readonly directory: OpenDirectory;
  readonly names: readonly string[];
  readonly wants: readonly Want[];
  /** The patterns that name the directory, or one above it: all in it is taken. */
  readonly whole: readonly ArtifactPattern[];
}

class ArtifactWalk {
  readonly artifacts: Artifact[] = [];
  readonly warnings: string[] = [];
  overLimit: string | undefined;
  readonly #options: CollectOptions;
  readonly #matched = new Set<ArtifactPattern>();
  #entries = 0;
  #looked = 0;
  #bytes = 0;
  #reportBytes = 0;
  #isFull = false;

  constructor(options: CollectOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const patterns = this.#options.patterns.flatMap((text) => {
      const read = parseArtifactPattern(text);
      if (read.ok) return read.pattern;
      const why =
        read.why === 'outside' ? 'leaves the workspace' : `is no pattern (${read.message})`;
      this.#warn(`${text} ${why}: ignored`);
      return [];
    });
    const directory = await this.#openRoot();
    if (directory) {
      const wants = patterns.map((pattern) => ({ pattern, progress: patternStart(pattern) }));
      const whole = wants.filter(isWhole).map(({ pattern }) => pattern);
      await this.#visit({ directory, names: [], wants, whole });
    }
    for (const pattern of patterns) {
      if (!pattern.isExclusion && !this.#matched.has(pattern))
        this.#warn(`nothing matches ${pattern.text}`);
    }
  }

  async #openRoot(): Promise<OpenDirectory | undefined> {
    try {
      return await OpenDirectory.open(this.#options.workspaceDir);
    } catch {
      this.#warn('the workspace is no directory any more');
      return undefined;
    }
  }

  async #visit(place: Place): Promise<void> {
    try {
      for (const entry of await this.#sorted(place)) {
        if (this.#isFull || this.#options.abort.aborted) return;
        this.#looked += 1;
        if (this.#looked % namesPerTurn === 0) await nextTurn();
        await this.#take(place, entry);
      }
    } finally {
      await place.directory.close();
    }
  }

  /** In order of their bytes, so that the same tree gives the same list. */
  async #sorted(place: Place): Promise<readonly DirectoryEntry[]> {
    const entries: DirectoryEntry[] = [];
    for await (const entry of place.directory.entries()) {
      this.#entries += 1;
      if (this.#entries > entriesMax) {
        this.#stop(`more than ${entriesMax} files to look at: the rest is left out`);
        break;
      }
      entries.push(entry);
    }
    return entries.sort((left, right) => Buffer.compare(left.name, right.name));
  }

  async #take(place: Place, entry: DirectoryEntry): Promise<void> {
    const text = entry.name.toString();
    const wants = place.wants
      .map(({ pattern, progress }) => ({ pattern, progress: advance(pattern, progress, text) }))
      .filter(({ progress }) => progress.length > 0);
    if (wants.some(isLeftOut)) return;
    const names = [...place.names, text];
    const whole = [
      ...place.whole,
      ...wants.filter(entry.kind === 'directory' ? isWhole : isNamed).map(({ pattern }) => pattern),
    ];
    const goesOn = wants.some(({ pattern }) => !pattern.isExclusion);
    if (whole.length === 0 && (entry.kind !== 'directory' || !goesOn)) return;
    const unfit = unfitName(entry.name, names);
    if (unfit !== undefined) this.#warn(`${printable(names)} is left out: ${unfit}`);
    else if (entry.kind === 'directory') await this.#enter(place, entry, { names, wants, whole });
    else if (entry.kind === 'file') await this.#store(place, entry, { names, whole });
    else this.#warn(`${printable(names)} is left out: it is no regular file`);
  }

  async #enter(place: Place, entry: DirectoryEntry, at: Omit<Place, 'directory'>): Promise<void> {
    if (at.names.length >= depthMax) {
      this.#exceed(`${printable(at.names)} is left out: more than ${depthMax} directories deep`);
      return;
    }
    try {
      const directory = await place.directory.openDirectory(entry.name);
      for (const pattern of at.whole) this.#matched.add(pattern);
      await this.#visit({ ...at, directory });
    } catch (error) {
      if (error instanceof Fault) throw error;
      this.#warn(`${printable(at.names)} is left out: ${errnoOf(error)}`);
    }
  }

  async #store(
    place: Place,
    entry: DirectoryEntry,
    at: { readonly names: readonly string[]; readonly whole: readonly ArtifactPattern[] },
  ): Promise<void> {
    for (const pattern of at.whole) this.#matched.add(pattern);
    const name = at.names.join('/');
    const cost = Buffer.byteLength(JSON.stringify(name)) + 130;
    if (this.artifacts.length >= artifactFilesMax)
      return this.#stop(`more than ${artifactFilesMax} files: the rest is left out`);
    if (this.#reportBytes + cost > reportBytesMax)
      return this.#stop(
        `the names of more than ${this.artifacts.length} files need over ${reportBytesMax / 1024} KiB: the rest is left out`,
      );
    try {
      const stored = await this.#read(place, entry.name);
      if (stored === 'no file') this.#warn(`${name} is left out: it is no regular file`);
      else if (stored === 'too large')
        this.#exceed(`${name} is left out: all artifacts may have ${this.#options.bytesMax} bytes`);
      else {
        this.artifacts.push({ name, ...stored });
        this.#bytes += stored.size;
        this.#reportBytes += cost;
      }
    } catch (error) {
      if (error instanceof Fault) throw error;
      this.#warn(`${name} is left out: ${errnoOf(error)}`);
    }
  }

  /** At most as many bytes as the file has when it is opened: one that grows for ever ends all the same. */
  async #read(
    place: Place,
    name: Buffer,
  ): Promise<Omit<Artifact, 'name'> | 'no file' | 'too large'> {
    const file = await place.directory.openFile(name);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) return 'no file';
      const bytesLeft = this.#options.bytesMax - this.#bytes;
      if (stat.size > bytesLeft) return 'too large';
      const bytes = readUpTo(file, stat.size, this.#options.abort);
      const stored = await this.#options.blobs.put(bytes, { bytesMax: bytesLeft });
      return (stat.mode & 0o100) === 0 ? stored : { ...stored, executable: true };
    } finally {
      await file.close();
    }
  }

  #stop(warning: string): void {
    if (!this.#isFull) this.#exceed(warning);
    this.#isFull = true;
  }

  #exceed(warning: string): void {
    this.overLimit ??= warning;
    this.#warn(warning);
  }

  #warn(text: string): void {
    if (this.warnings.length < 50) this.warnings.push(`artifacts: ${text}`);
  }
}

async function* readUpTo(
  file: Awaited<ReturnType<OpenDirectory['openFile']>>,
  size: number,
  abort: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let left = size;
  while (left > 0) {
    abort.throwIfAborted();
    const buffer = Buffer.allocUnsafe(Math.min(left, 256 * 1024));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) return;
    left -= bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** A directory that is left out is not entered; `!dist/**` leaves out all in it, which comes to the same. */
function isLeftOut({ pattern, progress }: Want): boolean {
  return pattern.isExclusion && isComplete(pattern, progress);
}

function isWhole({ pattern, progress }: Want): boolean {
  return !pattern.isExclusion && takesWholeDirectory(pattern, progress);
}

function isNamed({ pattern, progress }: Want): boolean {
  return !pattern.isExclusion && isComplete(pattern, progress);
}

function unfitName(name: Buffer, names: readonly string[]): string | undefined {
  // Bytes that are no UTF-8 have become replacement characters in the text.
  const isText = Buffer.from(names.at(-1) ?? '').equals(name);
  return isText ? artifactNameProblem(names.join('/')) : 'its name is not UTF-8';
}

function printable(names: readonly string[]): string {
  return JSON.stringify(names.join('/').slice(0, 200));
}

function errnoOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'it could not be read';
}
