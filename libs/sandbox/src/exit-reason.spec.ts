import { describe, expect, it } from 'vitest';
import { type ExitFacts, exitReason } from './exit-reason.ts';

const calm: ExitFacts = {
  exitCode: 0,
  signal: null,
  oomKilled: false,
  wasCancelled: false,
  timedOut: false,
};

describe('exitReason', () => {
  it.each([
    [{}, 'success', 'exit'],
    [{ exitCode: 3 }, 'failure', 'exit'],
    [{ exitCode: 137 }, 'failure', 'exit'],
    [{ exitCode: null, signal: 'SIGSEGV' }, 'failure', 'signal'],
    [{ exitCode: null, signal: 'SIGKILL', oomKilled: true }, 'failure', 'oom'],
    [{ exitCode: 2, pidsLimitHit: true }, 'failure', 'pids-limit'],
    [{ exitCode: 0, pidsLimitHit: true }, 'success', 'exit'],
    [{ exitCode: null, signal: 'SIGKILL', timedOut: true, oomKilled: true }, 'timeout', 'timeout'],
    [{ exitCode: 0, timedOut: true }, 'timeout', 'timeout'],
    [{ exitCode: null, isUnseen: true }, 'error', 'worker-lost'],
    [{ exitCode: null, isUnseen: true, wasCancelled: true }, 'cancelled', 'cancelled'],
    [{ exitCode: 0, wasCancelled: true, timedOut: true }, 'cancelled', 'cancelled'],
  ] as const)('%j', (facts, outcome, cause) => {
    expect(exitReason({ ...calm, ...facts })).toMatchObject({ outcome, cause });
  });

  it('keeps what was seen', () => {
    expect(exitReason({ ...calm, exitCode: 3 })).toEqual({
      outcome: 'failure',
      cause: 'exit',
      exitCode: 3,
    });
    expect(exitReason({ ...calm, exitCode: null, signal: 'SIGTERM' })).toEqual({
      outcome: 'failure',
      cause: 'signal',
      signal: 'SIGTERM',
    });
  });
});
