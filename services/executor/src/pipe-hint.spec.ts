import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { pipeHint } from './pipe-hint.ts';

describe('a step that SIGPIPE ended', () => {
  it('gets a hint where pipefail made that a failure', () =>
    expect(pipeHint(141, { kind: 'bash' })).toMatch(/"head".*pipefail.*sed -n 1,5p/));

  it.each([
    [1, 'bash'],
    [0, 'bash'],
    [undefined, 'bash'],
    [141, 'sh'],
  ] as const)('is not seen in exit code %j of %s', (exitCode, kind) =>
    expect(pipeHint(exitCode, { kind })).toBeUndefined(),
  );

  const bash = (text: string) =>
    execFileSync('bash', ['-eo', 'pipefail', '-c', text], { encoding: 'utf8' });

  it('is told what bash takes', () => {
    expect(() => bash('seq 1000000 | head -1')).toThrow(expect.objectContaining({ status: 141 }));
    expect(bash('seq 1000000 | sed -n 1,2p')).toBe('1\n2\n');
    expect(bash('seq 1000000 | grep 5 >/dev/null')).toBe('');
    expect(bash('{ seq 1000000 || true; } | head -1')).toBe('1\n');
  });
});
