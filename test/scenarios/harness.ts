import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ApiClient } from '#libs/api-client';
import {
  operations,
  type RunDto,
  type ServerFile,
  type StartRunBody,
  serverFileSchema,
} from '#libs/api-contract';
import { claimDataDirectory, processIdentity, stateDirectory } from '#libs/data-dir';
import { documentedFetch } from './documented-fetch.ts';

/** The whole product as users have it: compiled, in processes of its own. */
export const packageRoot = join(import.meta.dirname, '..', '..');
const standaloneMain = join(packageRoot, 'dist/services/standalone/src/main.js');
const cliOf = (root: string) => join(root, 'services/cli/bin/millrace.js');

/** Where servers keep workspaces: nothing of the tests goes into the home of who runs them. */
const stateHome = process.env.MILLRACE_TEST_STATE ?? ownStateHome();
process.env.XDG_STATE_HOME = stateHome;

/** For a bench or a round of chaos: vitest makes one for all files and removes it (`surroundings.ts`). */
function ownStateHome(): string {
  const path = mkdtempSync(join(tmpdir(), 'millrace-state-'));
  process.once('exit', () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** The directory of a server's workspaces. It is there once the server has started. */
export function workspacesOf(dataDir: string): string {
  const id = readFileSync(join(dataDir, 'data-directory-id'), 'utf8').trim();
  return stateDirectory(join(stateHome, 'millrace'), id);
}

/** How long a scenario waits for something that must happen, in milliseconds. */
export const waitMsMax = 60_000;

/** Processes that were started here and have not ended, each with the directory that it works in. */
const started = new Map<ChildProcess, string>();
// A file whose clean-up did not run, or broke off.
process.once('exit', () => {
  for (const child of started.keys()) child.kill('SIGKILL');
});

/** Ends with this process at the latest, or with the directory that it works in. */
function startedHere(child: ChildProcess, directory: string): ChildProcess {
  started.set(child, directory);
  return child.once('exit', () => started.delete(child));
}

/**
 * A fresh directory under the system's temporary one; `remove` when done: it ends what was started there, and the servers that
 * commands left there. After a scenario that timed out nobody else does.
 */
export function freshDirectory(): { readonly path: string; remove(): Promise<void> } {
  const path = mkdtempSync(join(tmpdir(), 'millrace-scenario-'));
  const remove = async () => {
    for (const [child, directory] of started) {
      if (directory.startsWith(path)) await endProcess(child);
    }
    for (const file of backgroundServersBelow(path)) await endServer(file);
    rmSync(path, { recursive: true, force: true });
  };
  return { path, remove };
}

/** Data directories lie at most this deep in a scenario's directory. */
const depthMax = 3;

function backgroundServersBelow(path: string, depth = 0): readonly ServerFile[] {
  const entries = readdirSync(path, { withFileTypes: true });
  const here = entries.some(({ name }) => name === 'server.json')
    ? serverFileSchema.safeParse(JSON.parse(readFileSync(join(path, 'server.json'), 'utf8'))).data
    : undefined;
  const below = depth === depthMax ? [] : entries.filter((entry) => entry.isDirectory());
  return [
    ...(here?.mode === 'background' ? [here] : []),
    ...below.flatMap(({ name }) => backgroundServersBelow(join(path, name), depth + 1)),
  ];
}

/** What a process that is not needed any more may take to end, in milliseconds. */
const endMs = 3_000;

async function endServer({ pid, identity }: ServerFile): Promise<void> {
  await end(
    () => processIdentity(pid) !== identity,
    (signal) => process.kill(pid, signal),
  );
}

async function endProcess(child: ChildProcess): Promise<void> {
  await end(
    () => child.exitCode !== null || child.signalCode !== null,
    (signal) => child.kill(signal),
  );
}

async function end(isGone: () => boolean, send: (signal: NodeJS.Signals) => void): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGTERM', 'SIGKILL'] as const) {
    if (isGone()) return;
    send(signal);
    await eventually(() => isGone() || undefined, 'the process has ended', endMs).catch(() => {});
  }
}

/** Writes files below a directory, by their relative names. */
export function writeFiles(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
}

export interface ServerOptions {
  readonly dataDir: string;
  readonly sandbox?: 'process' | 'oci' | 'auto';
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** A server process over one data directory. */
export class TestServer {
  readonly dataDir: string;
  readonly child: ChildProcess;
  readonly file: ServerFile;
  readonly token: string;
  readonly client: ApiClient;

  private constructor(dataDir: string, child: ChildProcess, file: ServerFile) {
    this.dataDir = dataDir;
    this.child = child;
    this.file = file;
    this.token = readFileSync(join(dataDir, 'admin-token'), 'utf8').trim();
    this.client = new ApiClient(file.url, { token: this.token, transport: documentedFetch });
  }

  /** Starts a server and waits until it is ready. Its words go to DATA_DIR/server.out. */
  static async start(options: ServerOptions): Promise<TestServer> {
    // Before a file of ours lies in it: what is not empty would be somebody's.
    const { HOME: home = homedir(), XDG_STATE_HOME } = options.env ?? {};
    claimDataDirectory(options.dataDir, { home, stateHome: XDG_STATE_HOME ?? stateHome });
    const outPath = join(options.dataDir, 'server.out');
    const out = openSync(outPath, 'a');
    const args = [
      '--data-dir',
      options.dataDir,
      '--listen',
      '127.0.0.1:0',
      '--sandbox',
      options.sandbox ?? 'process',
      ...(options.args ?? []),
    ];
    const child = startedHere(
      spawn(process.execPath, [standaloneMain, ...args], {
        stdio: ['ignore', out, out],
        env: { ...process.env, ...isolationOf(options.sandbox), ...options.env },
      }),
      options.dataDir,
    );
    closeSync(out);
    const file = await eventually(() => {
      if (child.exitCode !== null)
        throw new Error(
          `the server ended with ${child.exitCode}: ${readFileSync(outPath, 'utf8').slice(-2000)}`,
        );
      return readServerFile(options.dataDir, child.pid);
    }, 'the server is ready');
    return new TestServer(options.dataDir, child, file);
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Ends it as an operator does. @returns the exit code */
  async stop(): Promise<number | null> {
    return this.end('SIGTERM');
  }

  /** Ends it as the kernel does when memory is short. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    if (!this.hasEnded) {
      const ended = new Promise((done) => this.child.once('exit', done));
      this.child.kill(signal);
      await ended;
    }
    return this.child.exitCode;
  }

  async startRun(body: StartRunBody): Promise<{ readonly id: string; readonly number: number }> {
    return this.client.call(operations.startRun, { body: { isolation: 'none', ...body } });
  }

  /** The run when it has finished. */
  async finished(id: string): Promise<RunDto> {
    return eventually(async () => {
      const run = await this.client.call(operations.showRun, { params: { id } });
      return run.status === 'finished' ? run : undefined;
    }, `run ${id} has finished`);
  }

  /** Starts a run and waits for its end. */
  async run(body: StartRunBody): Promise<RunDto> {
    return this.finished((await this.startRun(body)).id);
  }

  /** The text of a step's log, one element a line; system lines are left out unless asked for. */
  async log(
    id: string,
    step: string,
    options: { readonly system?: boolean } = {},
  ): Promise<readonly string[]> {
    const response = await this.client.open(operations.readStepLogs, { params: { id, step } });
    return (await response.text())
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { stream: string; text: string })
      .filter(({ stream }) => options.system || stream !== 'system')
      .map(({ text }) => text);
  }

  /** A raw request, for everything that the typed client would not send. */
  async request(
    path: string,
    init: RequestInit & { readonly token?: string | null } = {},
  ): Promise<Response> {
    const { token = this.token, ...rest } = init;
    const headers = new Headers(rest.headers);
    if (token !== null && !headers.has('authorization'))
      headers.set('authorization', `Bearer ${token}`);
    return documentedFetch(this.file.url + path, { ...rest, headers });
  }
}

/** Over TCP nothing runs without isolation unless the server says so. */
function isolationOf(sandbox: ServerOptions['sandbox'] = 'process'): Record<string, string> {
  return sandbox === 'oci' ? {} : { MILLRACE_ISOLATION_MIN: 'none' };
}

function readServerFile(dataDir: string, pid: number | undefined): ServerFile | undefined {
  const path = join(dataDir, 'server.json');
  if (!existsSync(path)) return undefined;
  const file = JSON.parse(readFileSync(path, 'utf8')) as ServerFile;
  return file.pid === pid ? file : undefined;
}

export interface CliAnswer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Of another installation of the package. */
  readonly root?: string;
  /** What starts it, such as `unshare` with its arguments. */
  readonly by?: readonly string[];
}

/** A server that a command starts stays for the commands of a scenario, and little longer where one is broken off. */
const cliEnv = { MILLRACE_IDLE_EXIT: '20s' };

/** Runs the `millrace` command to its end. */
export function millrace(args: readonly string[], options: CliOptions): Promise<CliAnswer> {
  return new Promise((done) => {
    const command = [process.execPath, cliOf(options.root ?? packageRoot), ...args];
    const [program = '', ...words] = [...(options.by ?? []), ...command];
    const child = execFile(
      program,
      words,
      {
        cwd: options.cwd,
        env: { ...process.env, ...cliEnv, ...options.env },
        maxBuffer: 256 * 1024 * 1024,
      },
      (_error, stdout, stderr) => done({ code: child.exitCode, stdout, stderr }),
    );
    startedHere(child, options.cwd);
  });
}

/** Starts the `millrace` command without waiting for it. */
export function spawnMillrace(args: readonly string[], options: CliOptions): ChildProcess {
  return startedHere(
    spawn(process.execPath, [cliOf(options.root ?? packageRoot), ...args], {
      cwd: options.cwd,
      env: { ...process.env, ...cliEnv, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
    options.cwd,
  );
}

/** Asks until the answer is there. @throws where it is not there within the time, or where asking throws a bug */
export async function eventually<Value>(
  ask: () => Value | undefined | Promise<Value | undefined>,
  what: string,
  timeoutMs = waitMsMax,
): Promise<Value> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await ask();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((next) => setTimeout(next, 25));
  }
}
