import { expect, it } from 'vitest';
import { type AttemptReport, checkEvent } from '#libs/events';
import { reportBytesMax, reportThatFits } from './report-size.ts';

const artifacts = (count: number, name: string) =>
  Array.from({ length: count }, (_, at) => ({
    name: `${name}${at}`,
    size: 1,
    sha256: 'a'.repeat(64),
  }));
const green: AttemptReport = { outcome: 'success', cause: 'exit', exitCode: 0 };
const red: AttemptReport = { outcome: 'failure', cause: 'exit', exitCode: 1 };

it.each([
  ['without artifacts', green],
  ['with the most artifacts of ordinary names', { ...green, artifacts: artifacts(200, 'dist/') }],
])('leaves a report as it is %s', (_, report) => expect(reportThatFits(report)).toBe(report));

it('a success whose artifacts can’t be recorded is none', () => {
  const report = reportThatFits({ ...green, artifacts: artifacts(200, 'é'.repeat(1_000)) });
  expect(report).toMatchObject({ outcome: 'error', cause: 'exit', exitCode: 0 });
  expect(report.artifacts).toBeUndefined();
  expect(report.message).toMatch(/200 artifacts need \d+ bytes, more than 61440/);
});

it('what failed anyway stays what it was', () => {
  const long = artifacts(200, 'x'.repeat(1_000));
  expect(reportThatFits({ ...red, artifacts: long })).toMatchObject({
    ...red,
    message: expect.stringContaining('artifacts'),
  });
  expect(reportThatFits({ ...red, message: 'assertion failed', artifacts: long }).message).toBe(
    'assertion failed',
  );
});

it('the largest report that is kept makes an event that is accepted', () => {
  const nameLength = Math.floor(reportBytesMax / 60) - 110;
  const report = reportThatFits({ ...green, artifacts: artifacts(60, 'x'.repeat(nameLength)) });
  expect(report.artifacts).toHaveLength(60);
  const data = { step: 's'.repeat(63), attempt: 21, fence: Number.MAX_SAFE_INTEGER, ...report };
  expect(() => checkEvent({ type: 'run.step-finished', data })).not.toThrow();
});
