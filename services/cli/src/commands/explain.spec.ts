import { expect, it } from 'vitest';
import { explained, unknownCode, unknownSetting } from './explain.ts';

it('knows codes of servers, of calls and of files, and the words of the record, each once', () => {
  expect(explained).toEqual(
    expect.arrayContaining(['run.not-found', 'usage.invalid', 'graph.cycle', 'worker-lost']),
  );
  expect(new Set(explained).size).toBe(explained.length);
});

it.each([
  ['run.notfound', 'run.not-found'],
  ['grap.cycle', 'graph.cycle'],
  ['worker_lost', 'worker-lost'],
])('asks whether %s was meant for %s', (code, meant) =>
  expect(unknownCode(code).hint).toMatch(`did you mean "${meant}"? Codes stand`),
);

it.each(['network_mx', 'MILLRACE_NETWORK_MX'])('asks whether %s was meant for a setting', (name) =>
  expect(unknownSetting(name).hint).toMatch('did you mean "network_max"? List them with'),
);

it('says how all are listed where nothing is near', () => {
  expect(unknownCode('zzzzzz').hint).toMatch(/^Codes stand .*`millrace explain`/);
  expect(unknownSetting('zzzzzz').hint).toMatch(/^List them with `millrace config explain`/);
});
