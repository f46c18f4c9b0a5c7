import { describe, expect, it } from 'vitest';
import { attemptReportSchema } from '#libs/events';
import { Fault } from '#libs/kernel';
import type { SandboxExit } from '#libs/sandbox';
import { bareReport, reportOfExit, reportOfFailure } from './attempt-report.ts';

const exit: SandboxExit = {
  exitCode: 0,
  signal: null,
  oomKilled: false,
  pidsLimitHit: false,
  wallMs: 1.6,
  cpuUserMs: 0.4,
  enforced: ['memory'],
};
const plain = { exit, stopReason: undefined, timedOut: false, driver: 'oci' } as const;

describe('the report of an end', () => {
  it.each([
    ['success', plain],
    ['failure', { ...plain, exit: { ...exit, exitCode: 1 } }],
    ['failure', { ...plain, exit: { ...exit, exitCode: null, signal: 'SIGSEGV' } }],
    ['error', { ...plain, exit: { ...exit, exitCode: null, isUnseen: true } }],
    ['timeout', { ...plain, timedOut: true }],
    ['cancelled', { ...plain, timedOut: true, stopReason: 'cancelled' }],
    ['cancelled', { ...plain, stopReason: 'forced' }],
  ] as const)('%s fits the event', (outcome, end) => {
    const report = reportOfExit(end);
    expect(attemptReportSchema.parse(report)).toEqual(report);
    expect(report.outcome).toBe(outcome);
    expect(report.usage).toEqual({ wallMs: 2, cpuUserMs: 0 });
  });

  it('names a fault by its code, and nothing of a bug', () => {
    const fault = new Fault('source.not-found', 'never', 'x'.repeat(3_000));
    expect(reportOfFailure(fault, 'source-failed').message).toHaveLength(2_000);
    expect(reportOfFailure(fault, 'source-failed').code).toBe(fault.code);
    expect(reportOfFailure(new Error('x'), 'start-failed').code).toBeUndefined();
    expect(reportOfFailure(new Error('/home/secret'), 'start-failed').message).not.toContain('/');
    const full = Object.assign(new Error('ENOSPC: /home/secret'), { code: 'ENOSPC' });
    expect(reportOfFailure(full, 'start-failed').message).toBe('the disk of the executor is full');
  });

  it('keeps the end when it loses the rest', () => {
    const report = reportOfExit({ ...plain, exit: { ...exit, exitCode: 7 } });
    expect(bareReport({ ...report, message: 'x' })).toEqual({
      outcome: 'failure',
      cause: 'exit',
      exitCode: 7,
    });
  });
});
