import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'millrace-quickstart-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Stands for Node: `stop` needs a while until it heeds signals, as Node does, and then until the server has ended. */
const node = `#!/usr/bin/env bash
case "$*" in
  *events*) trap 'exit 0' TERM; while :; do sleep 0.05; done ;;
  *stop*) sleep 0.3; echo 'the server has ended' ;;
  -p*) echo /nowhere ;;
esac
`;

function program(name: string, text: string): void {
  const path = join(root, 'node_modules', '.bin', name);
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

mkdirSync(join(root, 'node_modules', '.bin'), { recursive: true });
mkdirSync(join(root, 'deploy'));
writeFileSync(join(root, 'package-lock.json'), '');
writeFileSync(join(root, 'node_modules', '.package-lock.json'), '');
copyFileSync(
  join(import.meta.dirname, '..', '..', 'deploy', 'quickstart'),
  join(root, 'deploy', 'quickstart'),
);
program('node', node);
program('npm', '#!/bin/sh\n');

describe('the end of the quickstart', () => {
  it.each([[[0]], [[0, 20]], [[0, 200]]])(
    'ends the server once by Ctrl-C after %j ms',
    async (gaps) => {
      const env = {
        ...process.env,
        PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`,
      };
      // A group of its own, which gets the signals as that of a terminal does.
      const child = spawn('bash', [join(root, 'deploy', 'quickstart')], { detached: true, env });
      let said = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (text) => {
          said += text;
        });
      const closed = new Promise((done) => child.once('close', done));
      await expect.poll(() => said).toContain('the server stays');
      await new Promise((next) => setTimeout(next, 100));
      for (const gap of gaps) {
        await new Promise((next) => setTimeout(next, gap));
        process.kill(-(child.pid ?? 0), 'SIGINT');
      }
      await closed;
      expect(said.split('at most 30 s\n')[1]).toBe('the server has ended\n');
    },
  );
});
