// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the files speak the pipeline's own references
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations, ProblemError } from '#libs/api-contract';
import { eventually, freshDirectory, TestServer } from './harness.ts';

const directory = freshDirectory();
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    dataDir: `${directory.path}/data`,
    env: { MILLRACE_STOP_GRACE: '1s', MILLRACE_LOG_BYTES_MAX: '200000' },
  });
});
afterAll(async () => {
  await server.stop();
  directory.remove();
});

const outcomes = (run: Awaited<ReturnType<TestServer['finished']>>) =>
  Object.fromEntries(run.steps.map((step) => [step.id, step.outcome]));
const isRunning = (id: string) =>
  eventually(
    async () =>
      (await server.client.call(operations.showRun, { params: { id } })).status === 'running'
        ? true
        : undefined,
    'the run runs',
  );
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'accepted',
    (error: unknown) => (error instanceof ProblemError ? error.problem.code : String(error)),
  );
const cancel = (id: string, force = false) =>
  server.client.call(operations.cancelRun, { params: { id }, body: { force } });

describe('the graph', () => {
  it('runs steps side by side and in order, skips what depends on a failure, forgives what may fail', async () => {
    const meeting = join(directory.path, 'meeting');
    const meet = (me: string, other: string) =>
      `touch ${meeting}.${me}; for i in $(seq 200); do [ -e ${meeting}.${other} ] && exit 0; sleep 0.05; done; exit 1`;
    const run = await server.run({
      yaml: `name: graph
steps:
  - { id: left, cmd: '${meet('left', 'right')}' }
  - { id: right, cmd: '${meet('right', 'left')}' }
  - { id: both, depends_on: [left, right], cmd: "true" }
  - { id: flaky, cmd: exit 9, allow_failure: true }
  - { id: forgiven, depends_on: [flaky], cmd: "true" }
  - { id: broken, cmd: exit 2 }
  - { id: behind, depends_on: [broken], cmd: "true" }
  - { id: further, depends_on: [behind], cmd: "true" }
`,
    });
    expect(outcomes(run)).toEqual({
      left: 'success',
      right: 'success',
      both: 'success',
      flaky: 'failure',
      forgiven: 'success',
      broken: 'failure',
      behind: 'skipped',
      further: 'skipped',
    });
    expect(run).toMatchObject({ outcome: 'failure', failedSteps: ['broken'] });
    expect(run.steps.find(({ id }) => id === 'broken')).toMatchObject({
      cause: 'exit',
      exitCode: 2,
    });
  });

  it('gives a command its values by the environment, never as text', async () => {
    const hostile = `"; echo pasted; $(echo run) '`;
    const run = await server.run({
      yaml: 'name: values\ninputs: { who: { type: string } }\nsteps:\n  - id: say\n    env: { ALSO: "for ${{ inputs.who }}" }\n    cmd: printf "%s\\n" "${{ inputs.who }}" "$ALSO"\n',
      inputs: { who: hostile },
    });
    expect(await server.log(run.id, 'say')).toEqual([hostile, `for ${hostile}`]);
  });

  it('makes the environment from nothing', async () => {
    const run = await server.run({
      yaml: 'name: env\nsteps:\n  - { id: show, cmd: env | cut -d= -f1 | sort }\n',
    });
    const expected =
      'CI HOME LANG MILLRACE MILLRACE_ATTEMPT MILLRACE_FENCE MILLRACE_PIPELINE MILLRACE_RUN_ID MILLRACE_RUN_NUMBER MILLRACE_STEP MILLRACE_WORKSPACE PATH TRACEPARENT'.split(
        ' ',
      );
    const names = (await server.log(run.id, 'show')).filter(
      (name) => !['PWD', 'OLDPWD', 'SHLVL', '_', 'MILLRACE_SANDBOX'].includes(name),
    );
    expect(names).toEqual(expected);
  });
});

describe('cancelling', () => {
  it('lets a step say good-bye, and keeps its last words', async () => {
    const { id } = await server.startRun({
      yaml: `name: polite\nsteps:\n  - { id: wait, cmd: 'trap "echo good-bye; exit 0" TERM; echo ready; sleep 60 & wait' }\n  - { id: next, depends_on: [wait], cmd: "true" }\n`,
    });
    await eventually(
      async () => ((await server.log(id, 'wait')).includes('ready') ? true : undefined),
      'it is ready',
    );
    await cancel(id);
    const run = await server.finished(id);
    expect(run).toMatchObject({ outcome: 'cancelled' });
    expect(outcomes(run)).toEqual({ wait: 'cancelled', next: 'skipped' });
    expect(await server.log(id, 'wait')).toEqual(['ready', 'good-bye']);
  });

  it('kills what ignores TERM after the grace, and daemons with it', async () => {
    const beat = join(directory.path, 'beat');
    const { id } = await server.startRun({
      yaml: `name: stubborn\nsteps:\n  - id: deaf\n    cmd: |\n      trap "" TERM\n      setsid sh -c 'while :; do date +%s%N > ${beat}; sleep 0.05; done' &\n      while :; do sleep 1; done\n`,
    });
    await eventually(() => existsSync(beat) || undefined, 'the daemon runs');
    await cancel(id);
    expect(await server.finished(id)).toMatchObject({ outcome: 'cancelled' });
    const last = readFileSync(beat, 'utf8');
    await new Promise((done) => setTimeout(done, 300));
    expect(readFileSync(beat, 'utf8')).toBe(last);
  });

  it('is idempotent, and too late for a run that has ended', async () => {
    const { id } = await server.startRun({
      yaml: 'name: twice\nsteps:\n  - { id: wait, cmd: sleep 60 }\n',
    });
    await cancel(id);
    await cancel(id, true);
    expect((await server.finished(id)).outcome).toBe('cancelled');
    expect(await codeOf(cancel(id))).toBe('accepted');
    const done = await server.run({ yaml: 'name: done\nsteps:\n  - { id: a, cmd: "true" }\n' });
    expect(await codeOf(cancel(done.id))).toBe('run.already-finished');
  });
});

describe('limits', () => {
  it('end a step that takes too long', async () => {
    const run = await server.run({
      yaml: 'name: slow\nsteps:\n  - { id: slow, cmd: echo begun; sleep 60, timeout: 500ms }\n',
    });
    expect(run).toMatchObject({
      outcome: 'timeout',
      steps: [{ outcome: 'timeout', cause: 'timeout' }],
    });
    expect(await server.log(run.id, 'slow')).toEqual(['begun']);
  });

  it('keep a flood bounded, with its beginning, its end and what is missing', async () => {
    const run = await server.run({
      yaml: `name: flood\nsteps:\n  - { id: flood, cmd: 'echo first; seq 1 200000; echo last' }\n  - { id: oneline, cmd: 'head -c 100000000 /dev/zero | tr "\\0" x' }\n  - { id: odd, cmd: 'printf "\\033[31mred\\033[0m \\377 \\000 end\\n"' }\n`,
    });
    const log = await server.log(run.id, 'flood');
    expect([log[0], log.at(-1)]).toEqual(['first', 'last']);
    expect(run.steps[0]?.attempts[0]?.log).toMatchObject({ truncated: true });
    expect(
      (await server.log(run.id, 'flood', { system: true })).some((line) => /left out/.test(line)),
    ).toBe(true);
    expect(run.steps[1]).toMatchObject({
      outcome: 'success',
      attempts: [{ log: { truncated: true } }],
    });
    expect(run.steps[1]?.attempts[0]?.log?.bytes).toBeLessThan(400_000);
    expect(await server.log(run.id, 'odd')).toEqual(['\u001b[31mred\u001b[0m \ufffd \ufffd end']);
  });
});

describe('the log of a step', () => {
  it('is followed from its first line while it runs', async () => {
    const gate = join(directory.path, 'gate');
    const { id } = await server.startRun({
      yaml: `name: live\nsteps:\n  - { id: talk, cmd: 'echo one; echo two; while [ ! -e ${gate} ]; do sleep 0.05; done; echo three' }\n`,
    });
    await isRunning(id);
    const response = await server.client.open(operations.readStepLogs, {
      params: { id, step: 'talk' },
      query: { follow: true },
    });
    let text = '';
    const reading = (async () => {
      for await (const chunk of response.body ?? [])
        text += Buffer.from(chunk as Uint8Array).toString();
    })();
    await eventually(() => text.includes('"two"') || undefined, 'the first lines are there');
    expect(text).not.toContain('"three"');
    await import('node:fs/promises').then((fs) => fs.writeFile(gate, ''));
    await reading;
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { text: string }).text)
        .slice(-3),
    ).toEqual(['one', 'two', 'three']);
  });

  it('is read in parts', async () => {
    const run = await server.run({
      yaml: 'name: parts\nsteps:\n  - { id: count, cmd: seq 1 1000 }\n',
    });
    const read = async (query: string) =>
      (await (await server.request(`/api/v1/runs/${run.id}/steps/count/logs?${query}`)).text())
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { line: number }).line);
    const all = await read('');
    expect(await read('from=501&limit=2')).toEqual([501, 502]);
    expect(await read('tail=2')).toEqual(all.slice(-2));
  });
});

describe('trying again', () => {
  it('follows the rules of the file', async () => {
    const file = join(directory.path, 'tries');
    const run = await server.run({
      yaml: `name: again\nsteps:\n  - id: third\n    cmd: echo x >> ${file}; [ $(wc -l < ${file}) -ge 3 ] || exit 75\n    retry: { max: 3, on: [{ exit: [75] }], backoff: 0s }\n  - id: other\n    cmd: exit 1\n    retry: { max: 3, on: [{ exit: [75] }], backoff: 0s }\n`,
    });
    expect(run.steps.map(({ attempts }) => attempts.length)).toEqual([3, 1]);
    expect(outcomes(run)).toEqual({ third: 'success', other: 'failure' });
  });

  it('repeats only what failed, in the workspace as it was', async () => {
    const fix = join(directory.path, 'fix');
    const first = await server.run({
      yaml: `name: fixable\nsteps:\n  - { id: make, cmd: date +%s%N > made }\n  - { id: check, depends_on: [make], cmd: 'cat made; [ -e ${fix} ]' }\n  - { id: end, depends_on: [check], cmd: "true" }\n`,
    });
    expect(outcomes(first)).toEqual({ make: 'success', check: 'failure', end: 'skipped' });
    await import('node:fs/promises').then((fs) => fs.writeFile(fix, ''));
    const { id, retryOf } = await server.client.call(operations.retryRun, {
      params: { id: first.id },
      body: { failed: true },
    });
    expect(retryOf).toBe(first.id);
    const second = await server.finished(id);
    expect(second).toMatchObject({ outcome: 'success', retryOf: first.id });
    expect(second.steps.map(({ status, skipReason }) => [status, skipReason])).toEqual([
      ['skipped', 'reused'],
      ['finished', null],
      ['finished', null],
    ]);
    expect(await server.log(id, 'check')).toEqual(await server.log(first.id, 'check'));
    expect(
      await codeOf(
        server.client.call(operations.retryRun, { params: { id }, body: { failed: true } }),
      ),
    ).toBe('run.nothing-to-retry');
    expect(
      await codeOf(
        server.client.call(operations.retryRun, {
          params: { id: first.id },
          body: { failed: true },
        }),
      ),
    ).toBe('run.workspace-gone');
  });
});

describe('asking twice', () => {
  const yaml = 'name: once\nsteps:\n  - { id: a, cmd: "true" }\n';

  it('starts one run for one Idempotency-Key, and refuses the key for another body', async () => {
    const start = (body: object) =>
      server.client.call(operations.startRun, {
        body: { yaml, isolation: 'none', ...body },
        idempotencyKey: 'k1',
      });
    const [first, second] = await Promise.all([start({}), start({})]);
    expect(second.id).toBe(first.id);
    expect(second.number).toBe(first.number);
    expect(
      await codeOf(start({ source: { kind: 'none' }, inputs: {}, trigger: { ref: 'x' } })),
    ).toBe('request.idempotency-mismatch');
  });

  it('starts one run for one trigger key', async () => {
    const start = () => server.startRun({ yaml, trigger: { key: 'push:repo/a:1' } });
    const started = await Promise.all([start(), start(), start()]);
    expect(new Set(started.map(({ id }) => id)).size).toBe(1);
  });
});

describe('the log of everything', () => {
  it('is paged without a gap and followed without a repeat', async () => {
    const seen: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = (await (
        await server.request(`/api/v1/events?limit=50${cursor ? `&cursor=${cursor}` : ''}`)
      ).json()) as { items: { position: number }[]; next: string | null };
      seen.push(...page.items.map(({ position }) => position));
      cursor = page.next;
    }
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, at) => at + 1));
    const abort = new AbortController();
    const response = await server.request('/api/v1/events/stream', {
      headers: { 'last-event-id': String(seen.length - 5) },
      signal: abort.signal,
    });
    const ids: number[] = [];
    for await (const chunk of response.body ?? []) {
      for (const [, id] of Buffer.from(chunk as Uint8Array)
        .toString()
        .matchAll(/^id: (\d+)$/gm))
        ids.push(Number(id));
      if (ids.length >= 5) break;
    }
    abort.abort();
    expect(ids.slice(0, 5)).toEqual(seen.slice(-5));
  });

  it('tells a run as it was', async () => {
    const run = await server.run({ yaml: 'name: past\nsteps:\n  - { id: a, cmd: "true" }\n' });
    const [queued] = (
      await server.client.call(operations.listRunEvents, { params: { id: run.id } })
    ).items;
    const before = await server.client.call(operations.showRunState, {
      params: { id: run.id },
      query: { at: String(queued?.position) },
    });
    expect(before).toMatchObject({ status: 'queued', outcome: null });
    expect(await server.client.call(operations.showRunState, { params: { id: run.id } })).toEqual(
      run,
    );
  });
});
