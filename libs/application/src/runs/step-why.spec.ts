import { describe, expect, it } from 'vitest';
import { foldRun } from '#libs/projections';
import { demoPlan, failedDemoRun } from '#libs/testkit';
import { explainWait } from './step-why.ts';

describe('explainWait', () => {
  const at = Date.UTC(2026, 0, 1, 0, 1);
  const explain = (count: number, id: string) => {
    const run = foldRun(demoPlan, failedDemoRun.slice(0, count));
    const step = run.steps.find((candidate) => candidate.id === id);
    if (!step) throw new Error(`no step ${id}`);
    return explainWait(run, step, { nowMs: at });
  };

  it('names the dependency that is open', () => {
    expect(explain(3, 'test').summary).toBe('waits for build');
  });

  it('counts a wait that still goes on', () => {
    expect(explain(3, 'build')).toMatchObject({
      summary: 'waits 58.0s because every fitting executor was busy',
      waits: [{ durationMs: 58_000, to: null }],
    });
  });

  it('tells a wait that is over, how long it was to the first start, and how the step ended', () => {
    expect(explain(8, 'build')).toMatchObject({
      summary: 'failure (exit 3); waited 1.0s because every fitting executor was busy',
      waitedMs: 4_000,
    });
  });

  it('says why a step was skipped, and for which', () => {
    expect(explain(8, 'test').summary).toBe('skipped: dependency-failed (build)');
  });
});
