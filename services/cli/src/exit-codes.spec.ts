import { describe, expect, it } from 'vitest';
import { ProblemError } from '#libs/api-client';
import { Fault } from '#libs/kernel';
import {
  exitCodeOfOutcome,
  explainFailure,
  HintedFault,
  LeftRunError,
  UsageError,
} from './exit-codes.ts';

const problem = (status: number, code: string) =>
  new ProblemError({ type: 't', title: 't', status, detail: 'words', code });

describe('a refusal', () => {
  const refusal = (detail: string, ...errors: { pointer: string; detail: string }[]) =>
    explainFailure(
      new ProblemError({
        type: 't',
        title: 't',
        status: 400,
        detail,
        code: 'request.invalid',
        errors,
      }),
    ).line;

  it.each([
    [
      '/trigger/key',
      'expected type:business_id:version',
      '--key: expected type:business_id:version',
    ],
    ['/params/id', 'a run is named by its uuid', 'RUN: a run is named by its uuid'],
    ['/query/types', 'unknown type a.b', '--types: unknown type a.b'],
    [
      '/inputs/target',
      'expected one of staging, prod',
      '--input target: expected one of staging, prod',
    ],
    ['/inputs/target', 'input target has no value', 'input target has no value'],
    ['/other/field', 'is odd', 'other.field: is odd'],
  ])('of %s is in words of the command line', (pointer, detail, line) =>
    expect(
      refusal(`${pointer.slice(1).replaceAll('/', '.')}: ${detail}`, { pointer, detail }),
    ).toBe(`${line} [request.invalid]`),
  );
});

it('sends nobody who named a server to start one here', () => {
  const away = new Fault('server.unreachable', 'backoff', 'nobody');
  expect(explainFailure(away).hint).toContain('millrace dev');
  expect(explainFailure(away, { server: 'https://ci.example' }).hint).toContain('--server');
});

it('says that a run is kept whose server went away, and how to see it again', () => {
  const away = new LeftRunError(7, new Fault('server.unreachable', 'backoff', 'it has ended'));
  expect(explainFailure(away)).toEqual({
    exitCode: 3,
    line: 'it has ended [server.unreachable]',
    hint: 'run 7 is kept: `millrace watch 7` goes on with it and shows it',
  });
});

it('speaks of --commit, not of uploads, where a repository has no such name', () => {
  const missing = new Fault('source.not-found', 'never', 'the repository has no "x"');
  expect(explainFailure(new HintedFault(missing, 'see --commit'))).toEqual({
    exitCode: 6,
    line: 'the repository has no "x" [source.not-found]',
    hint: 'see --commit',
  });
});

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
    [new Fault('data-dir.forbidden', 'never', 'not yours'), 6],
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
