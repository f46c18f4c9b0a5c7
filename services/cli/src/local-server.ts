import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants, openSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type ServerFile, type StartMessage, startMessageSchema } from '#libs/api-contract';
import { inheritedEnvironment, type LayeredConfig, settings } from '#libs/config';
import { claimDataDirectory, makeDirectory, stateHomeOf, userState } from '#libs/data-dir';
import { Fault, isErrorCode } from '#libs/kernel';
import { sandboxMarker } from '#libs/sandbox';
import { type BackgroundUser, backgroundEnvironment } from './background-environment.ts';

/** The server of the same build. */
const standaloneMain = fileURLToPath(new URL('../../standalone/src/main.js', import.meta.url));

/** How long a command waits for a server to become ready, in milliseconds: a first start makes a database, a crash may have left much to recover. */
const readyMs = 120_000;

/** The output of servers beside their own log is appended to one file, which is emptied above this many bytes. */
const outBytesMax = 1024 * 1024;

/** The server that this command is starting. */
let starting: ChildProcess | undefined;

/** The process of a server that this command has started and that is not ready yet. */
export function serverOnItsWay(): number | undefined {
  return starting?.exitCode === null ? starting.pid : undefined;
}

/** Turns this process into the server, if the platform can; else runs it as a child and answers with its exit code. */
export async function becomeServer(args: readonly string[]): Promise<number> {
  const argv = [process.execPath, standaloneMain, ...args];
  const execve = (
    process as { execve?: (file: string, args: readonly string[], env: object) => never }
  ).execve;
  if (execve) execve.call(process, process.execPath, argv, inheritedEnvironment());
  const child = spawn(process.execPath, argv.slice(1), { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => child.kill(signal));
  return new Promise((done) =>
    child.once('exit', (code, signal) => done(signal ? 3 : (code ?? 3))),
  );
}

/**
 * Starts a server in the background: in a session of its own, with an environment of its own, so that neither the end of this
 * command nor that of its terminal reaches it. It ends by itself when nobody needs it.
 *
 * @param options.works  if false, the server answers, and neither assigns nor runs anything
 * @throws Fault with the server's own code if it says why it did not start
 */
export async function startInBackground(
  layered: LayeredConfig,
  options: { readonly works: boolean },
): Promise<ServerFile> {
  const dataDir = resolve(layered.config.dataDir);
  const outPath = join(dataDir, 'logs', 'server.out');
  const out = openOut(outPath);
  const args = ['--data-dir', dataDir, '--background', ...(options.works ? [] : ['--at-rest'])];
  const child = spawn(process.execPath, [standaloneMain, ...args], {
    cwd: '/',
    env: serverEnvironment(layered),
    // The server reports by the last one.
    stdio: ['ignore', out, out, 'pipe'],
    detached: true,
  });
  closeSync(out);
  starting = child;
  try {
    return await untilReady(child, outPath);
  } finally {
    starting = undefined;
    child.unref();
    (child.stdio[3] as Readable).destroy();
  }
}

/**
 * The environment of a server in the background. Settings that were given by a flag travel as variables: everybody can see a
 * command line.
 */
export function serverEnvironment({ config, explain }: LayeredConfig): Record<string, string> {
  // A server that a step starts belongs to the step's sandbox.
  const env = backgroundEnvironment(thisUser(), inheritedEnvironment(), [sandboxMarker]);
  // Its HOME is that of the account: under another one it would not find what this command knows of the data directory.
  env.XDG_STATE_HOME = stateHomeOf(userState());
  for (const key of ['listen', 'db', 'sandbox'] as const) {
    if (explain(key).layer === 'flag') env[settings[key].variable] = String(config[key]);
  }
  return env;
}

/** Name and HOME by the machine's accounts; a container may run as a uid without an account. */
function thisUser(): BackgroundUser {
  try {
    const { username: name, homedir: homeDir } = userInfo();
    return { name, homeDir };
  } catch {
    return { name: String(process.getuid?.()), homeDir: inheritedEnvironment().HOME ?? '/' };
  }
}

function openOut(path: string): number {
  const dataDir = dirname(dirname(path));
  try {
    claimDataDirectory(dataDir);
    makeDirectory(dirname(path));
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    const { O_WRONLY, O_CREAT, O_NOFOLLOW, O_TRUNC, O_APPEND } = constants;
    const how = size > outBytesMax ? O_TRUNC : O_APPEND;
    return openSync(path, O_WRONLY | O_CREAT | O_NOFOLLOW | how, 0o600);
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('data-dir.not-writable', 'never', `${dataDir} cannot be written`, { cause });
  }
}

async function untilReady(child: ChildProcess, outPath: string): Promise<ServerFile> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () =>
      late.reject(
        new Fault(
          'server.unreachable',
          'backoff',
          `the server is not ready after ${readyMs / 1000} s and goes on starting; see ${outPath}`,
        ),
      ),
    readyMs,
  );
  const failed = new Promise<never>((_, reject) =>
    child.once('error', (error) =>
      reject(new Fault('server.error', 'never', `no process can be made: ${error.message}`)),
    ),
  );
  try {
    const message = await Promise.race([
      readMessage(child.stdio[3] as Readable),
      late.promise,
      failed,
    ]);
    if (message?.kind === 'ready') return message.file;
    if (message === undefined)
      throw new Fault('server.error', 'never', `the server did not start; see ${outPath}`);
    const { code } = message;
    throw new Fault(isErrorCode(code) ? code : 'server.error', 'never', message.message);
  } finally {
    clearTimeout(timer);
  }
}

/** Undefined if the server ended without a message. */
async function readMessage(pipe: Readable): Promise<StartMessage | undefined> {
  let text = '';
  for await (const chunk of pipe.setEncoding('utf8')) {
    text += chunk as string;
    if (text.endsWith('\n')) break;
  }
  return text === '' ? undefined : startMessageSchema.parse(JSON.parse(text));
}
