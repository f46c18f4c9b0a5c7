import { expect, it } from 'vitest';
import type { AttemptDto, RunDto, StepDto } from '#libs/api-contract';
import {
  endOfRun,
  endWords,
  nextLines,
  runTook,
  shortCommit,
  shortRef,
  stepTable,
} from './run-summary.ts';

const at = (seconds: number) => new Date(seconds * 1000).toISOString();
const attempt = (own: Partial<AttemptDto>) =>
  ({ startedAt: at(10), finishedAt: at(14), usage: null, ...own }) as AttemptDto;
const step = (id: string, own: Partial<StepDto>) =>
  ({ id, name: id, status: 'finished', outcome: 'success', attempts: [], ...own }) as StepDto;
const run = (own: Partial<RunDto>) =>
  ({ queuedAt: at(0), finishedAt: null, trigger: {}, source: { kind: 'none' }, ...own }) as RunDto;

it('tells how each step ended, and the time that its own end told', () => {
  const steps = [
    step('a', { attempts: [attempt({ usage: { wallMs: 3_500 } })] }),
    step('b', { outcome: 'cancelled', cause: 'cancelled', attempts: [attempt({})] }),
    step('c', { status: 'running', outcome: null, attempts: [attempt({ finishedAt: null })] }),
  ];
  expect(stepTable(run({ steps }), 12_000).split('\n')).toEqual([
    'STEP  STATE      TOOK  ATTEMPTS',
    'a     success    3.5s  1',
    'b     cancelled        1',
    'c     running    2.0s  1',
  ]);
});

it.each(['failure', 'error', 'timeout'] as const)('says that a %s was allowed', (outcome) => {
  const state = (own: Partial<StepDto>) => stepTable(run({ steps: [step('a', own)] }));
  expect(state({ outcome, allowFailure: true })).toMatch(/, allowed$/);
  expect(state({ outcome, allowFailure: false })).not.toContain('allowed');
  expect(state({ outcome: 'success', allowFailure: true })).not.toContain('allowed');
});

it('has the names of steps where they have any', () => {
  const steps = [step('a', { name: 'Build it all' }), step('b', {})];
  expect(stepTable(run({ steps })).split('\n')[1]).toBe('a     Build it all  success');
});

it('tells what a run is about, and for how long it has gone on', () => {
  const source = { kind: 'git', url: 'u', commit: 'a'.repeat(40), ref: 'refs/heads/x/y' } as const;
  expect([shortCommit(run({ source })), shortRef(run({ source }))]).toEqual(['aaaaaaaaaa', 'x/y']);
  expect([shortCommit(run({})), shortRef(run({}))]).toEqual(['', '']);
  expect(runTook(run({}), 90_000)).toBe('1m30s');
  expect(runTook(run({ finishedAt: at(2) }), 90_000)).toBe('2.0s');
});

it('names a command for each of several failed steps, and counts the rest', () => {
  const failed = (id: string, code?: string) =>
    step(id, { outcome: 'failure', attempts: [attempt({ code } as Partial<AttemptDto>)] });
  const lines = (...steps: StepDto[]) =>
    nextLines(run({ number: 4, steps, failedSteps: steps.map(({ id }) => id) }), {
      program: 'millrace',
      flags: ['--data-dir x'],
    });
  expect(lines()).toEqual([]);
  expect(lines(failed('a'), failed('b'))).toEqual([
    'millrace retry 4 --failed --data-dir x',
    'millrace logs 4 a --data-dir x',
    'millrace logs 4 b --data-dir x',
  ]);
  expect(lines(...['a', 'b', 'c', 'd', 'e'].map((id) => failed(id))).slice(3)).toEqual([
    'millrace logs 4 c --data-dir x',
    'and 2 more: millrace show 4 --data-dir x',
  ]);
  expect(lines(failed('a', 'image.unavailable'), failed('b', 'image.unavailable'))[0]).toBe(
    'millrace explain image.unavailable --data-dir x',
  );
  expect(lines(failed('a', 'image.unavailable'), failed('b')).slice(0, 2)).toEqual([
    'millrace retry 4 --failed --data-dir x',
    'millrace explain image.unavailable --data-dir x',
  ]);
});

it('says how a step ended where that was not well', () => {
  const words = (own: Partial<StepDto>) => endWords(step('a', own));
  expect(words({ outcome: 'failure', cause: 'exit', exitCode: 3 })).toBe('a: failure (exit 3)');
  expect(words({ outcome: 'timeout', cause: 'timeout' })).toBe('a: timeout');
  const attempts = [attempt({ message: 'no [image.unavailable]' })];
  expect(words({ outcome: 'error', cause: 'start-failed', attempts })).toBe(
    'a: error (start-failed: no [image.unavailable])',
  );
  expect(words({ status: 'skipped', outcome: 'skipped', skipReason: 'cancelled' })).toBe(
    'a: skipped (cancelled)',
  );
  expect(words({})).toBeUndefined();
  expect(words({ status: 'running', outcome: null })).toBeUndefined();
});

it('says how a run ended: which steps failed, how, and who cancelled it', () => {
  const timedOut = step('b', { outcome: 'timeout', cause: 'timeout' });
  const broken = step('a', { outcome: 'failure', cause: 'exit', exitCode: 3 });
  const words = (own: Partial<RunDto>) =>
    endOfRun(run({ steps: [broken, timedOut], failedSteps: ['a', 'b'], cancel: null, ...own }));
  expect(words({ outcome: 'failure' })).toBe('failure; failed: a (exit 3), b (timeout)');
  const cancel = { by: 'user:admin', reason: 'no use', at: at(1) };
  expect(words({ outcome: 'cancelled', cancel, failedSteps: [] })).toBe(
    'cancelled by user:admin: no use',
  );
  expect(words({ outcome: 'success', failedSteps: [] })).toBe('success');
  // Its steps are still being stopped.
  expect(words({ outcome: null, status: 'running', cancel, failedSteps: [] })).toBe('running');
});
