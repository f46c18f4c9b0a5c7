import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { operations } from '#libs/api-contract';
import { isUuid } from '#libs/kernel';
import { isCi, takesRoot } from '#libs/testkit';
import { eventually, freshDirectory, millrace, TestServer } from './harness.ts';

const directory = freshDirectory();
afterAll(() => directory.remove());

// Mounting takes root; where everything has to run, that is so.
const mayMount = takesRoot;

describe.skipIf(!mayMount)('a disk that is full', { timeout: 180_000 }, () => {
  const disk = join(directory.path, 'disk');
  const ballast = join(disk, 'ballast');
  beforeEach(() => {
    mkdirSync(disk, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256m,mode=0700', 'millrace-test', disk]);
  });
  afterEach(() => {
    execFileSync('umount', ['--lazy', disk]);
  });

  /** To the last byte. */
  function fill(): void {
    const fd = openSync(ballast, 'a');
    for (let size = 2 ** 20; size >= 1; ) {
      try {
        writeSync(fd, Buffer.alloc(size));
      } catch {
        size = Math.floor(size / 2);
      }
    }
    closeSync(fd);
  }

  const gated = (name: string) => {
    const gate = join(directory.path, `${name}.gate`);
    const begun = join(directory.path, `${name}.begun`);
    const cmd = `touch ${begun}; while [ ! -e ${gate} ]; do sleep 0.05; done; seq 2000`;
    return {
      yaml: `name: ${name}\nsteps:\n  - { id: wait, cmd: '${cmd}', retry: { max: 10, on: [error], backoff: 2s } }\n  - { id: next, depends_on: [wait], cmd: seq 2000, retry: { max: 10, on: [error], backoff: 2s } }\n`,
      begins: () => eventually(() => existsSync(begun) || undefined, `${name} runs`),
      open: () => writeFileSync(gate, ''),
    };
  };
  const start = () =>
    TestServer.start({ dataDir: join(disk, 'data'), env: { MILLRACE_DISK_FREE_MIN: '0' } });

  it('holds runs up and loses none; what comes meanwhile gets a problem, not a crash', async () => {
    const server = await start();
    const story = gated('full');
    const { id } = await server.startRun({ yaml: story.yaml });
    await story.begins();
    fill();
    story.open();
    const body = {
      yaml: `name: more\nsteps:\n  - { id: a, cmd: "true # ${'x'.repeat(50_000)}" }\n`,
    };
    const answers = await Promise.all(
      Array.from({ length: 16 }, () =>
        server.startRun(body).then(
          (run) => run.id,
          (error: { problem?: { status: number; code: string } }) => error.problem?.code,
        ),
      ),
    );
    const accepted = answers.filter((answer) => answer !== undefined && isUuid(answer));
    expect(new Set(answers.filter((answer) => !accepted.includes(answer)))).toEqual(
      new Set(['log.unavailable']),
    );
    expect(server.hasEnded).toBe(false);
    rmSync(ballast);
    const outcomes: (string | null | undefined)[] = [];
    for (const run of [id, ...accepted]) {
      const ended = await eventually(
        async () => {
          const found = await server.client
            .call(operations.showRun, { params: { id: run ?? '' } })
            .catch(() => undefined);
          return found?.status === 'finished' ? found : undefined;
        },
        `run ${run} has finished`,
        60_000,
      );
      outcomes.push(ended.outcome);
    }
    // A step for which there was no room for a directory is the system's fault; what may be tried again was.
    expect(outcomes[0]).toBe('success');
    expect(['success', 'error']).toEqual(expect.arrayContaining(outcomes));
    expect(await server.stop()).toBe(0);
  });

  it('and a kill on top of it: the next start goes on', async () => {
    const first = await start();
    const story = gated('killed-full');
    const { id } = await first.startRun({ yaml: story.yaml });
    await story.begins();
    fill();
    await first.kill();
    story.open();
    await expect(start()).rejects.toThrow(/error: .+ \[[a-z-]+\.[a-z-]+\]/);
    rmSync(ballast);
    const second = await start();
    expect((await second.finished(id)).outcome).toBe('success');
    expect(await second.stop()).toBe(0);
  });
});

describe('a wall clock that jumps', { timeout: 180_000 }, () => {
  it.each([
    ['back an hour', '-1h'],
    ['two hours ahead', '+2h'],
  ])('%s: nothing is lost, early or late', async (name, jump) => {
    const dataDir = join(directory.path, name.replaceAll(' ', '-'));
    const offset = `${dataDir}.offset`;
    writeFileSync(offset, '+0');
    const library = execFileSync('sh', [
      '-c',
      'ls /usr/lib/*/faketime/libfaketime.so.1',
    ]).toString();
    const env = {
      LD_PRELOAD: library.trim(),
      FAKETIME_TIMESTAMP_FILE: offset,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
    const first = await TestServer.start({ dataDir, env });
    const begun = `${dataDir}.begun`;
    const gate = `${dataDir}.gate`;
    const across = await first.startRun({
      yaml: `name: across
steps:
  - { id: long, cmd: 'touch ${begun}; while [ ! -e ${gate} ]; do sleep 0.05; done', timeout: 1m }
  - { id: late, cmd: sleep 60, timeout: 4s }
  - { id: again, cmd: '[ $MILLRACE_ATTEMPT = 2 ]', retry: { max: 1, on: [failure], backoff: 3s } }
`,
    });
    await eventually(() => existsSync(begun) || undefined, 'the long step runs');
    writeFileSync(offset, jump);
    await delay(3_000);
    writeFileSync(gate, '');
    const run = await first.finished(across.id);
    expect(run.steps.map(({ id, outcome, attempts }) => [id, outcome, attempts.length])).toEqual([
      ['long', 'success', 1],
      ['late', 'timeout', 1],
      ['again', 'success', 2],
    ]);
    const after = await first.startRun({
      yaml: 'name: after\nsteps:\n  - { id: a, cmd: "true" }\n',
    });
    expect((await first.finished(after.id)).outcome).toBe('success');
    const left = await first.startRun({
      yaml: 'name: left\nsteps:\n  - { id: a, cmd: sleep 1, retry: { max: 1, on: [worker_lost] } }\n',
    });
    await first.kill();
    const second = await TestServer.start({ dataDir });
    expect((await second.finished(left.id)).outcome).toBe('success');
    const types = (
      await second.client.call(operations.listRunEvents, {
        params: { id: across.id },
        query: { limit: 200 },
      })
    ).items.map(({ type }) => type);
    expect(types.filter((type) => type === 'run.step-attempt-lost')).toEqual([]);
    expect(await second.stop()).toBe(0);
  });
});

/** Containers are run as numbers that their /etc/passwd does not have. Here in a namespace, where what is ours is theirs. */
const nameless = 54_321;
const asNameless = ['unshare', '--user', `--map-user=${nameless}`, `--map-group=${nameless}`];
const mayBeNameless = isCi || spawnSync('unshare', [...asNameless.slice(1), 'true']).status === 0;

describe.skipIf(!mayBeNameless)('a user whom the machine has no name for', () => {
  it('runs pipelines as anybody else', { timeout: 120_000 }, async () => {
    const cwd = join(directory.path, 'nameless');
    mkdirSync(cwd, { mode: 0o700 });
    writeFileSync(
      join(cwd, '.millrace.yaml'),
      'name: nameless\nsteps: [{ id: a, cmd: id -u, network: host }]\n',
    );
    const env = {
      HOME: cwd,
      XDG_STATE_HOME: join(cwd, 'state'),
      TMPDIR: directory.path,
      MILLRACE_SANDBOX: 'process',
    };
    const answer = await millrace(['run'], { cwd, env, by: asNameless });
    expect({ code: answer.code, stderr: answer.stderr }).toEqual({ code: 0, stderr: '' });
    expect(answer.stdout).toContain(String(nameless));
  });
});
