import { resolve } from 'node:path';
import { ProblemError } from '#libs/api-client';
import { type Problem } from '#libs/api-contract';
import type { Outcome } from '#libs/events';
import { describeError, type ErrorCode, Fault } from '#libs/kernel';
import { fileFailure } from './file-failure.ts';
import { type UsageCode, usageCodes } from './usage-codes.ts';

/** What the CLI's exit codes mean; stable. */
export const exitCodes = {
  success: 0,
  runFailed: 1,
  usage: 2,
  systemError: 3,
  cancelled: 4,
  timeout: 5,
  notFound: 6,
  interrupted: 130,
} as const;

/** A run's outcome as an exit code. */
export function exitCodeOfOutcome(outcome: Outcome | null): number {
  switch (outcome) {
    case 'success':
    case 'skipped':
      return exitCodes.success;
    case 'failure':
      return exitCodes.runFailed;
    case 'cancelled':
      return exitCodes.cancelled;
    case 'timeout':
      return exitCodes.timeout;
    default:
      return exitCodes.systemError;
  }
}

/** A wrong call: a missing file, a flag that makes no sense. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code: UsageCode;
  readonly hint: string;

  constructor(code: UsageCode, message: string, hint: string = usageCodes[code][1]) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** Nothing can be found, because no server has run in the data directory. */
export class NothingRanError extends Error {
  override readonly name = 'NothingRanError';
  readonly code: ErrorCode;

  /** @param code  the error code for what was not found */
  constructor(dataDir: string, code: ErrorCode) {
    super(nothingRan(dataDir));
    this.code = code;
  }
}

/** The same as a sentence. */
export function nothingRan(dataDir: string): string {
  return `nothing has run here yet: there is no state in ${resolve(dataDir)}`;
}

/** The hint for a wrong call if there is no better one. */
export const usageHint = usageCodes['usage.invalid'][1];

/** The server of a followed run could not be reached any more. */
export class LeftRunError extends Error {
  override readonly name = 'LeftRunError';
  readonly runNumber: number;
  readonly fault: Fault;

  constructor(runNumber: number, fault: Fault) {
    super(fault.message);
    this.runNumber = runNumber;
    this.fault = fault;
  }
}

/** A fault with a hint of its own: the usual one speaks to callers of the API, not of the command. */
export class HintedFault extends Fault {
  readonly hint: string;

  constructor(cause: Fault, hint: string) {
    super(cause.code, cause.retry, cause.message, { cause });
    this.hint = hint;
  }
}

/**
 * The one line that a person gets, and the exit code, for anything that was thrown.
 *
 * @param options.server  what --server says, if it was given
 */
export function explainFailure(
  error: unknown,
  { server }: { readonly server?: unknown } = {},
): {
  readonly exitCode: number;
  readonly line: string;
  readonly hint?: string | undefined;
} {
  if (error instanceof UsageError)
    return {
      exitCode: exitCodes.usage,
      line: `${error.message} [${error.code}]`,
      hint: error.hint,
    };
  if (error instanceof ProblemError) {
    const { problem } = error;
    const inFlags = wordsOfFlags(problem);
    return {
      exitCode: exitCodeOfStatus(problem.status),
      line: `${inFlags ?? problem.detail} [${problem.code}]`,
      hint: hintOf(problem, inFlags !== undefined),
    };
  }
  if (error instanceof NothingRanError)
    return {
      exitCode: exitCodeOfStatus(describeError(error.code).status),
      line: `${error.message} [${error.code}]`,
      hint: '`millrace run` starts the first run; --data-dir names another place.',
    };
  if (error instanceof LeftRunError)
    return {
      exitCode: exitCodes.systemError,
      line: `${error.message} [${error.fault.code}]`,
      hint: `run ${error.runNumber} is kept: \`millrace watch ${error.runNumber}\` goes on with it and shows it`,
    };
  if (error instanceof Fault) {
    const { status, hint: general } = describeError(error.code);
    const usual = error instanceof HintedFault ? error.hint : general;
    const isElsewhere = error.code === 'server.unreachable' && server !== undefined;
    const hint = isElsewhere ? 'Check the address of --server, and that its server runs.' : usual;
    const isUsage = error.code === 'config.invalid';
    return {
      exitCode: isUsage
        ? exitCodes.usage
        : exitCodeOfStatus(Math.max(status, error.code.startsWith('server.') ? 500 : status)),
      line: `${error.message} [${error.code}]`,
      hint,
    };
  }
  const failure = fileFailure(error);
  if (failure)
    return {
      exitCode: failure.isOfMachine ? exitCodes.systemError : exitCodes.usage,
      line: `${failure.message} [${failure.code}]`,
      hint: usageCodes[failure.code][1],
    };
  const message = error instanceof Error ? error.message : String(error);
  return { exitCode: exitCodes.systemError, line: `${message.split('\n', 1)[0]} [server.error]` };
}

/** Replaces hints that speak of fields and headers of the API, which callers of a command have not written. */
function hintOf({ code, hint, traceId }: Problem, isAboutFlags: boolean): string | undefined {
  if (code === 'request.invalid' && isAboutFlags) return usageHint;
  if (code === 'request.unauthorized')
    return 'Set MILLRACE_TOKEN to a token of the server; its own is in DATA_DIR/admin-token.';
  if (code === 'server.error' && traceId !== undefined)
    return `See the server’s log under ${traceId}.`;
  return hint;
}

/** Which flag fills a field of a request. */
const flags: readonly (readonly [field: RegExp, flag: string])[] = [
  [/^\/params\/id$/, 'RUN'],
  [/^\/params\/step$/, 'STEP'],
  [/^\/step$/, '--step'],
  [/^\/query\/(after|limit|types|status|pipeline|attempt|tail|at)$/, '--$1'],
  [/^\/inputs\/(.+)$/, '--input $1'],
  [/^\/trigger\/key$/, '--key'],
  [/^\/source\/url$/, '--git'],
  [/^\/source\/commit$/, '--commit'],
  [/^\/(isolation|reason|force)$/, '--$1'],
];

/** A refusal in words of the command line, if it is about a field that a flag fills. */
function wordsOfFlags({ errors = [], instance }: Problem): string | undefined {
  const words = errors.flatMap((error) => {
    const found = flags.find(([field]) => field.test(error.pointer));
    if (!found) return [];
    const isExecutor = instance?.startsWith('/api/v1/executors/');
    const flag = isExecutor ? 'ID' : error.pointer.replace(...found);
    // Some details name the flag already.
    return [
      error.detail.includes(flag.split(' ').at(-1) ?? '')
        ? error.detail
        : `${flag}: ${error.detail}`,
    ];
  });
  return words.length === 0 ? undefined : words.join('; ');
}

function exitCodeOfStatus(status: number): number {
  if (status === 401 || status === 403 || status === 404) return exitCodes.notFound;
  return status >= 400 && status < 500 && status !== 429 ? exitCodes.usage : exitCodes.systemError;
}
