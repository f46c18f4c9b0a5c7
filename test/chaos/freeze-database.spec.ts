import { expect, it } from 'vitest';
import { freezeDatabaseRepeatedly } from './freeze-database.ts';
import { seededRandom } from './kill-server.ts';

it('loses and doubles nothing over 4 freezes of the database and 12 runs', {
  timeout: 300_000,
}, async () => {
  const seed = Date.now() % 1_000_000;
  const report = await freezeDatabaseRepeatedly({
    freezes: 4,
    runs: 12,
    random: seededRandom(seed),
    note: () => {},
  });
  expect({ seed, violations: report.violations }).toEqual({ seed, violations: [] });
  expect([report.freezes.length, report.accepted]).toEqual([4, 12]);
  // Whatever stands still, a read has an answer.
  expect(['200', '503']).toEqual(expect.arrayContaining(Object.keys(report.readsWhileFrozen)));
});
