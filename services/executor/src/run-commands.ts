import { type Clock, Fault, type Timers } from '#libs/kernel';
import type { Logger } from '#libs/telemetry';
import type { AttemptContext } from './attempt-context.ts';
import { reportOfExit } from './attempt-report.ts';
import { CommandGroups } from './command-groups.ts';
import { SandboxEnding } from './end-sandbox.ts';
import { NetworkHint } from './network-hint.ts';
import { pipeHint } from './pipe-hint.ts';
import type { ExecutorSettings } from './settings.ts';
import { ShellHints } from './shell-hints.ts';

export interface CommandParts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly settings: ExecutorSettings;
  readonly logger: Logger;
}

/**
 * Starts the command, streams its output to the log (which holds the command back when it is slow), and waits for the
 * end, which the time limit or a wish from outside may bring.
 *
 * @throws Fault `sandbox.start-failed`; the reason of the context's abort if it came first
 */
export async function runCommands(context: AttemptContext, parts: CommandParts): Promise<void> {
  const { sandbox, log } = context;
  if (!sandbox || !log) throw new Fault('sandbox.start-failed', 'never', 'there is no sandbox');
  context.abort.throwIfAborted();
  context.stage = 'running';
  const { timers, logger } = parts;
  const ending = new SandboxEnding(sandbox, {
    timers,
    logger,
    graceMs: parts.settings.graceMs,
    say: (text) => void context.say(text),
  });
  const hints = new ShellHints(context.shell);
  const driver = context.driver?.driver ?? 'none';
  const isCut = context.assignment.network === 'none' && driver !== 'process';
  const networkHint = new NetworkHint(isCut);
  const groups = new CommandGroups({
    commands: context.assignment.commands,
    word: context.markWord,
    losesMarks: context.shell.kind !== 'bash',
    log: {
      write: (stream, bytes) => log.write(stream, bytes),
      say: (text) => context.say(text),
      // As with `say`: a log that cannot be written is no reason to fail.
      group: (group, text) => log.group(group, text).catch(() => {}),
    },
    clock: parts.clock,
  });
  await sandbox.start((output) => {
    if (!context.isMounted) return undefined;
    hints.watch(output.bytes);
    networkHint.watch(output.bytes);
    return groups.take(output);
  });
  let timedOut = false;
  const cancelTimeout = timers.after(context.assignment.timeoutMs, () => {
    timedOut = true;
    void context.say(`the step took longer than ${context.assignment.timeoutMs} ms`);
    ending.gracefully();
  });
  const heed = (reason: typeof context.stopReason) => {
    if (reason === 'cancelled') ending.gracefully();
    else if (reason !== undefined) ending.atOnce();
  };
  context.onStop = heed;
  // A request to stop that came while the sandbox started.
  heed(context.stopReason);
  const exit = await sandbox.exited;
  ending.over();
  cancelTimeout();
  await groups.finish(context.stopReason === undefined && !timedOut && !exit.isUnseen);
  context.report = reportOfExit({ exit, stopReason: context.stopReason, timedOut, driver });
  const isRed = ['failure', 'timeout'].includes(context.report.outcome);
  const endHints = isRed
    ? [networkHint.hint, pipeHint(context.report.exitCode, context.shell)]
    : [];
  for (const hint of [hints.hint, ...endHints]) if (hint !== undefined) await context.say(hint);
  context.onStop = undefined;
  context.stage = 'unmounting';
}
