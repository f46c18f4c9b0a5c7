import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LeaveMessage, type ServerFile, serverMessageSchema } from '#libs/api-contract';
import { inheritedEnvironment, makeDirectory } from '#libs/config';
import { type ErrorCode, Fault, isErrorCode } from '#libs/kernel';

/** Beside the CLI in the same build. */
const standaloneMain = fileURLToPath(new URL('../../standalone/src/main.js', import.meta.url));

/** How long a server may take to become ready, in milliseconds: a first start makes a database. */
const readyMs = 60_000;

/** How long a drain may take before the server is killed, in milliseconds. */
const stopMs = 30_000;

/** The words of many servers, one behind the other; above this many bytes they begin anew. */
const logBytesMax = 1024 * 1024;

export interface LocalServer extends ServerFile {
  /**
   * Says that it is not needed any more: it drains and ends, unless others use it; then it ends behind them. Idempotent.
   * @param options.evenIfUsed  ends it at once
   */
  stop(options?: { readonly evenIfUsed: boolean }): Promise<'ended' | 'staying'>;
  readonly child: ChildProcess;
}

/** Turns this process into the server, where the platform can; else runs it as a child and answers with its exit code. */
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
 * Starts a server for as long as the caller needs it, in a process group of its own, so that Ctrl-C reaches the caller
 * first.
 *
 * @throws Fault with the server's own code where it says why it did not start
 */
export async function startLocalServer(
  dataDir: string,
  args: readonly string[],
): Promise<LocalServer> {
  const logPath = join(resolve(dataDir), 'logs', 'server.out');
  const log = openLog(logPath);
  const child = spawn(process.execPath, [standaloneMain, ...args, '--port-fallback'], {
    stdio: ['ignore', log, log, 'ipc'],
    detached: true,
  });
  closeSync(log);
  const ended = new Promise<'ended'>((done) => child.once('exit', () => done('ended')));
  const file = await untilReady(child, logPath);
  return { ...file, child, stop: (options) => stopServer(child, ended, options) };
}

function openLog(path: string): number {
  try {
    makeDirectory(dirname(path));
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    return openSync(path, size > logBytesMax ? 'w' : 'a', 0o600);
  } catch (cause) {
    const dataDir = dirname(dirname(path));
    throw new Fault('data-dir.not-writable', 'never', `${dataDir} cannot be written`, { cause });
  }
}

function untilReady(child: ChildProcess, logPath: string): Promise<ServerFile> {
  const { promise, resolve: ready, reject: failed } = Promise.withResolvers<ServerFile>();
  const fail = (code: ErrorCode, message: string) => failed(new Fault(code, 'never', message));
  const timer = setTimeout(() => {
    child.kill('SIGKILL');
    fail(
      'server.unreachable',
      `the server was not ready after ${readyMs / 1000} s; see ${logPath}`,
    );
  }, readyMs);
  child.once('exit', () => fail('server.error', `the server did not start; see ${logPath}`));
  child.on('error', (error) => fail('server.error', `no process can be made: ${error.message}`));
  child.on('message', (received) => {
    const message = serverMessageSchema.safeParse(received).data;
    if (message?.kind === 'ready') ready(message.file);
    if (message?.kind === 'failed')
      fail(isErrorCode(message.code) ? message.code : 'server.error', message.message);
  });
  return promise.finally(() => clearTimeout(timer));
}

async function stopServer(
  child: ChildProcess,
  ended: Promise<'ended'>,
  options = { evenIfUsed: false },
): Promise<'ended' | 'staying'> {
  if (child.exitCode !== null || child.signalCode !== null) return 'ended';
  const staying = new Promise<'staying'>((done) =>
    child.on('message', (received) => {
      if (serverMessageSchema.safeParse(received).data?.kind === 'staying') done('staying');
    }),
  );
  const leave: LeaveMessage = { kind: 'leave' };
  if (options.evenIfUsed || !child.connected) child.kill('SIGTERM');
  else child.send(leave, () => {});
  const killer = setTimeout(() => child.kill('SIGKILL'), stopMs);
  const end = await Promise.race([ended, staying]);
  clearTimeout(killer);
  if (end === 'staying') {
    child.disconnect();
    child.unref();
  }
  return end;
}
