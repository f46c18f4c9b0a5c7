import { describe, expect, it } from 'vitest';
import { ProblemError } from '#libs/api-contract';
import { Fault } from '#libs/kernel';
import { exitCodeOfOutcome, explainFailure, UsageError } from './exit-codes.ts';

const problem = (status: number, code: string) =>
  new ProblemError({ type: 't', title: 't', status, detail: 'words', code });

describe('exit codes', () => {
  it.each([
    ['success', 0],
    ['skipped', 0],
    ['failure', 1],
    ['error', 3],
    ['cancelled', 4],
    ['timeout', 5],
    [null, 3],
  ] as const)('outcome %s is %i', (outcome, code) => expect(exitCodeOfOutcome(outcome)).toBe(code));

  it.each([
    [problem(404, 'run.not-found'), 6],
    [problem(401, 'request.unauthorized'), 6],
    [problem(422, 'pipeline.invalid'), 2],
    [problem(409, 'run.already-finished'), 2],
    [problem(503, 'log.unavailable'), 3],
    [problem(429, 'server.overloaded'), 3],
    [new Fault('server.unreachable', 'backoff', 'nobody'), 3],
    [new Fault('port.taken', 'never', 'taken'), 3],
    [new Fault('config.invalid', 'never', 'bad'), 2],
    [new UsageError('input.malformed', 'no'), 2],
    [new Error('boom\n  at somewhere'), 3],
  ])('%s', (error, code) => {
    const explained = explainFailure(error);
    expect(explained.exitCode).toBe(code);
    expect(explained.line).not.toContain('\n');
    expect(explained.line).toMatch(/\[[a-z-]+\.[a-z-]+\]$/);
  });
});
