import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations, type RunDto } from '#libs/api-contract';
import { freshDirectory, millrace, TestServer } from './harness.ts';

const directory = freshDirectory();
let server: TestServer;
let run: RunDto;
beforeAll(async () => {
  writeFileSync(join(directory.path, 'secret'), 'of the host');
  server = await TestServer.start({
    dataDir: `${directory.path}/data`,
    env: { MILLRACE_ARTIFACT_BYTES_MAX: '100000' },
  });
  run = await server.run({
    yaml: `name: artifacts
steps:
  - id: make
    cmd: |
      mkdir -p out/deep/er empty
      printf one > out/one.txt
      printf two > out/two.log
      printf deep > out/deep/er/three.txt
      chmod 755 out/one.txt
      printf hidden > out/.hidden
      printf odd > 'out/with space ü.txt'
      : > out/zero.txt
      ln -s ${directory.path}/secret out/link.txt
      ln -s ${directory.path} out/linked
      mkfifo out/pipe.txt
      printf same > report.txt
    artifacts: ['out/**/*.txt', out/linked, report.txt, nothing/here]
  - id: again
    depends_on: make
    cmd: printf changed > report.txt
    artifacts: [report.txt]
  - id: failing
    depends_on: make
    allow_failure: true
    cmd: printf why > why.txt; exit 1
    artifacts: why.txt
  - id: large
    depends_on: make
    cmd: head -c 60000 /dev/zero > a.bin; head -c 60000 /dev/zero > b.bin
    artifacts: { paths: ['*.bin'], over_limit: warn }
`,
  });
});
afterAll(async () => {
  await server.stop();
  directory.remove();
});

const listed = async () =>
  (await server.client.call(operations.listRunArtifacts, { params: { id: run.id } })).items;
const names = async (step: string) =>
  (await listed()).filter((artifact) => artifact.step === step).map(({ name }) => name);
const systemLines = async (step: string) =>
  (await server.log(run.id, step, { system: true })).join('\n');

describe('what a step leaves', { timeout: 60_000 }, () => {
  it('is kept by its patterns: regular files only, no link is followed', async () => {
    expect(run.outcome).toBe('success');
    expect(await names('make')).toEqual([
      'out/deep/er/three.txt',
      'out/one.txt',
      'out/with space ü.txt',
      'out/zero.txt',
      'report.txt',
    ]);
  });

  it('is missed aloud: what matched nothing, and what was no file', async () => {
    const lines = await systemLines('make');
    expect(lines).toContain('nothing matches nothing/here');
    expect(lines).toMatch(/link\.txt/);
    expect(lines).toMatch(/pipe\.txt/);
  });

  it.each(['../data/admin-token', '/etc/passwd', 'out/../../x'])(
    'is never outside of its workspace: %s is refused when the file is read',
    async (path) => {
      const answer = server.startRun({
        yaml: `name: outside\nsteps: [{ id: a, cmd: "true", artifacts: ["${path}"] }]`,
      });
      await expect(answer).rejects.toMatchObject({
        problem: { status: 422, code: 'pipeline.invalid' },
      });
    },
  );

  it('is kept of a failure too', async () => {
    expect(await names('failing')).toEqual(['why.txt']);
  });

  it('ends where the limit is, aloud', async () => {
    expect(await names('large')).toEqual(['a.bin']);
    expect(await systemLines('large')).toMatch(/b\.bin/);
  });

  it('is an error where it is more than is kept, and the step does not say otherwise', async () => {
    const yaml = (more: string) => `name: many
steps:
  - id: many
    cmd: mkdir d && cd d && for i in $(seq 300); do echo $i > $i; done
    artifacts: { paths: ['d/**']${more} }`;
    const red = await server.run({ yaml: yaml('') });
    const [step] = red.steps;
    expect([red.outcome, step?.cause, step?.attempts[0]?.artifacts.length]).toEqual([
      'error',
      'disk-limit',
      200,
    ]);
    expect(step?.attempts[0]?.message).toMatch(
      /^artifacts: more than 200 files: .*over_limit: warn .*\[artifact\.over-limit\]$/,
    );
    expect((await server.run({ yaml: yaml(', over_limit: warn') })).outcome).toBe('success');
  });

  it('of each attempt is its own', async () => {
    const { id } = await server.run({
      yaml: `name: twice
steps:
  - id: flaky
    retry: { max: 1, on: [failure], backoff: 10ms }
    cmd: echo $MILLRACE_ATTEMPT > file; [ $MILLRACE_ATTEMPT = 2 ]
    artifacts: [file]`,
    });
    const options = { cwd: directory.path };
    const artifacts = ['--data-dir', server.dataDir, 'artifacts', id, '--to'];
    const answer = await millrace([...artifacts, 'twice'], options);
    expect({ code: answer.code, stderr: answer.stderr }).toEqual({ code: 0, stderr: '' });
    for (const attempt of ['1', '2']) {
      const path = join(directory.path, `twice/flaky/attempt-${attempt}/file`);
      expect(readFileSync(path, 'utf8')).toBe(`${attempt}\n`);
    }
    await millrace([...artifacts, 'second', '--attempt', '2'], options);
    expect(readFileSync(join(directory.path, 'second/file'), 'utf8')).toBe('2\n');
  });
});

describe('an artifact', { timeout: 60_000 }, () => {
  it('is served as it was made, under a name that is safe', async () => {
    for (const { url, sha256, size } of await listed()) {
      const response = await server.request(url);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('application/octet-stream');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('content-disposition')).toMatch(
        /^attachment; filename="[\w.-]+"$/,
      );
      const bytes = Buffer.from(await response.arrayBuffer());
      expect(bytes.length).toBe(size);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    }
  });

  it('of two steps with one path is that of the last, unless a step is named', async () => {
    const base = `/api/v1/runs/${run.id}/artifacts/report.txt`;
    expect(await (await server.request(base)).text()).toBe('changed');
    expect(await (await server.request(`${base}?step=make`)).text()).toBe('same');
    const other = await server.request(`${base}?step=large`);
    expect([other.status, await other.json()]).toMatchObject([404, { code: 'artifact.not-found' }]);
  });

  it('is listed in pages', async () => {
    const all = await listed();
    const paged: unknown[] = [];
    let cursor: string | undefined;
    do {
      const page = await server.client.call(operations.listRunArtifacts, {
        params: { id: run.id },
        query: { limit: 2, cursor },
      });
      expect(page.items.length).toBeLessThanOrEqual(2);
      paged.push(...page.items);
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    expect(paged).toEqual(all);
  });
});

describe('the command line', { timeout: 60_000 }, () => {
  const cli = (...args: readonly string[]) =>
    millrace(['--data-dir', server.dataDir, 'artifacts', run.id, ...args], {
      cwd: directory.path,
    });

  it('lists and downloads', async () => {
    expect((await cli()).stdout).toMatch(/make +1 +3 B +out\/one\.txt/);
    const answer = await cli('--to', 'got', '--json');
    expect({ code: answer.code, stderr: answer.stderr }).toEqual({ code: 0, stderr: '' });
    for (const line of answer.stdout.trimEnd().split('\n')) {
      const { path, sha256, name, step } = JSON.parse(line) as Record<string, string>;
      const place = name === 'report.txt' ? `${step}/report.txt` : (name ?? '');
      expect(path).toBe(join(directory.path, 'got', place));
      expect(
        createHash('sha256')
          .update(readFileSync(path ?? ''))
          .digest('hex'),
      ).toBe(sha256);
    }
    const got = (path: string) => readFileSync(join(directory.path, path), 'utf8');
    expect([got('got/make/report.txt'), got('got/again/report.txt')]).toEqual(['same', 'changed']);
    expect(readdirSync(join(directory.path, 'got')).toSorted()).toEqual([
      'a.bin',
      'again',
      'make',
      'out',
      'why.txt',
    ]);
    expect((await cli('--step', 'again', '--to', 'one')).code).toBe(0);
    expect(got('one/report.txt')).toBe('changed');
    expect(statSync(join(directory.path, 'got/out/one.txt')).mode & 0o111).toBe(0o111);
    expect(statSync(join(directory.path, 'got/out/zero.txt')).mode & 0o111).toBe(0);
  });

  it('says what it has not got: a step, an attempt, an artifact, a place', async () => {
    const [step, attempt, file, below] = await Promise.all([
      cli('--step', 'nosuch', '--to', 'x'),
      cli('--step', 'make', '--attempt', '99'),
      cli('--to', 'secret'),
      cli('--to', 'secret/below'),
    ]);
    expect([step.code, step.stderr]).toEqual([
      6,
      expect.stringContaining('has no step nosuch; it has make, again, failing, large [step.not'),
    ]);
    expect([attempt.code, attempt.stderr]).toEqual([
      6,
      expect.stringContaining(`step make of run ${run.number} has no attempt 99`),
    ]);
    for (const { code, stderr } of [file, below]) {
      expect(code).toBe(2);
      expect(stderr).toMatch(/secret.* is a file, not a directory \[file\.unwritable\]/);
    }
    const bare = await server.run({ yaml: 'name: bare\nsteps: [{ id: a, cmd: "true" }]' });
    const answer = await millrace(
      ['--data-dir', server.dataDir, 'artifacts', bare.id, '--to', 'empty'],
      { cwd: directory.path },
    );
    expect([answer.code, answer.stdout, answer.stderr]).toEqual([
      0,
      '',
      `run ${bare.number} has no artifacts\n`,
    ]);
  });

  it('refuses bytes that are not what was promised, and leaves nothing half', async () => {
    const { sha256 = '' } = (await listed()).find(({ name }) => name === 'why.txt') ?? {};
    const stored = findFile(join(server.dataDir, 'artifacts'), sha256);
    writeFileSync(stored, 'lie', { mode: statSync(stored).mode });
    const answer = await cli('--to', 'damaged');
    expect(answer.code).toBe(3);
    expect(answer.stderr).toMatch(/\[blob\.corrupt\]/);
    expect(readdirSync(join(directory.path, 'damaged'))).not.toContain('why.txt');
  });
});

/** The path of the file below a directory whose name holds the text. */
function findFile(below: string, text: string): string {
  const found = readdirSync(below, { recursive: true, encoding: 'utf8' }).find(
    (name) => name.replaceAll('/', '').includes(text) || name.includes(text),
  );
  if (found === undefined) throw new Error(`nothing below ${below} is called ${text}`);
  return join(below, found);
}
