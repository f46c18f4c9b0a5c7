import { expect, it } from 'vitest';
import { killServerRepeatedly, seededRandom } from './kill-server.ts';

it('loses nothing and starts nothing twice over 20 kills, some of them of a frozen server, and 60 runs', {
  timeout: 300_000,
}, async () => {
  const seed = Date.now() % 1_000_000;
  const report = await killServerRepeatedly({
    kills: 20,
    runs: 60,
    random: seededRandom(seed),
    note: () => {},
  });
  expect({ seed, violations: report.violations }).toEqual({ seed, violations: [] });
  expect([report.kills, report.accepted]).toEqual([20, 60]);
  expect(report.freezes).toBeGreaterThan(0);
  expect(report.ledgerEntries).toBeGreaterThanOrEqual(report.accepted * 6);
});
