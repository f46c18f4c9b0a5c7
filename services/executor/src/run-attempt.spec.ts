import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attemptReportSchema } from '#libs/events';
import { type Assignment, attemptTerms } from '#libs/executor-protocol';
import { Fault } from '#libs/kernel';
import { silentLogger } from '#libs/telemetry';
import { MemoryBlobStore, MemoryExecutorGateway, VirtualClock } from '#libs/testkit';
import { AttemptContext } from './attempt-context.ts';
import { commandMark } from './command-groups.ts';
import {
  assignmentOf,
  CountedSources,
  MemoryLogs,
  randomIds,
  ScriptedDriver,
  settingsIn,
} from './executor.fakes.ts';
import { type AttemptParts, runAttempt } from './run-attempt.ts';
import { StepTemporaries } from './step-temporaries.ts';
import { Workspaces } from './workspaces.ts';

const executorId = '01900000-0000-7000-8000-00000000000e';
let directory: string;
let clock: VirtualClock;
let gateway: MemoryExecutorGateway;
let driver: ScriptedDriver;
let logs: MemoryLogs;
let sources: CountedSources;
let blobs: MemoryBlobStore;
let gone: string[];
let isSilent: boolean;
let temporaries: StepTemporaries;
let parts: AttemptParts;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-attempt-'));
  clock = new VirtualClock();
  gateway = new MemoryExecutorGateway(clock);
  driver = new ScriptedDriver();
  logs = new MemoryLogs();
  sources = new CountedSources();
  blobs = new MemoryBlobStore();
  gone = [];
  isSilent = false;
  const settings = settingsIn(directory);
  const workspaces = new Workspaces({
    directory: settings.workspacesDir,
    sources,
    clock,
    keepMs: 1_000_000,
    bytesMax: 1_000_000,
    onLeft: (left) => expect.fail(left.reason),
  });
  await workspaces.open();
  await mkdir(settings.stateDir);
  temporaries = new StepTemporaries(settings.stateDir, clock, () => {});
  await temporaries.open();
  await gateway.register({
    executorId,
    name: 'spec',
    labels: [],
    slots: 1,
    capabilities: { drivers: ['process'], isolation: 'none' },
    version: '0',
  });
  parts = {
    gateway,
    drivers: [driver],
    usable: [await driver.probe()],
    workspaces,
    temporaries,
    logs,
    blobs: { of: () => blobs },
    clock,
    timers: clock,
    ids: randomIds,
    settings,
    logger: silentLogger,
    isSilent: () => isSilent,
    onGone: (id) => gone.push(id),
  };
});
afterEach(async () => {
  await temporaries.close();
  await rm(directory, { recursive: true, force: true });
});

function begin(given: Partial<Assignment> = {}) {
  const { fence: _, ...order } = assignmentOf({ source: sourceOf(), ...given });
  const context = new AttemptContext(gateway.assign(executorId, order), executorId);
  let isOver = false;
  const done = runAttempt(context, parts).finally(() => {
    isOver = true;
  });
  /** Lets virtual time pass, and the disk do its work, until it is over. */
  const over = async () => {
    await expect
      .poll(
        async () => {
          await clock.advance(1_000);
          return isOver;
        },
        { interval: 5, timeout: 10_000 },
      )
      .toBe(true);
    await done;
  };
  const running = () => expect.poll(() => driver.sandboxes.at(-1)?.hasStarted).toBe(true);
  return { context, done, over, running };
}

function sourceOf() {
  return { kind: 'snapshot', digest: `sha256:${'0'.repeat(64)}` } as const;
}

function report() {
  expect(gateway.reports).toHaveLength(1);
  const [request] = gateway.reports;
  return attemptReportSchema.parse(request?.report);
}

/** Of the attempt; its HOME stays for the other steps of the run. */
async function expectNothingLeft() {
  const homes = join(directory, 'workspaces', '.homes');
  for (const name of await readdir(homes)) expect(await readdir(join(homes, name))).toEqual([]);
  const commands = join(directory, 'workspaces', '.commands');
  expect(await readdir(commands).catch(() => [])).toEqual([]);
  const tmp = await readFile(join(directory, 'state', 'temporaries-at'), 'utf8');
  // What is in the trash goes behind the attempt.
  await expect
    .poll(async () => {
      const names = await readdir(tmp);
      return Promise.all(names.map((name) => readdir(join(tmp, name))));
    })
    .toEqual((await readdir(tmp)).map(() => []));
}

const uncontained =
  'this step runs as a plain process, without isolation: it can do what its user can, the server’s token, socket and database and the network included';

describe('the life of an attempt', () => {
  it('has the limits of the settings', async () => {
    const limits = { memoryBytes: 1024, pids: 16, cpuWeight: 50 };
    parts = { ...parts, settings: { ...parts.settings, limits } };
    const { done, running } = begin();
    await running();
    expect(driver.last.spec.limits).toEqual(limits);
    driver.last.end({ exitCode: 0 });
    await done;
  });

  it('runs its phases in order and reports what was seen', async () => {
    const { context, done, running } = begin({ commands: ['echo a', 'echo b'] });
    expect(context.stage).toBe('prepare');
    await running();
    expect(context.stage).toBe('running');
    expect(gateway.starts).toEqual([context.ref]);
    await driver.last.print('hello\n');
    driver.last.end({ exitCode: 0, memoryPeakBytes: 5, enforced: ['memory'] });
    await done;
    expect(context.stage).toBe('gone');
    expect(driver.story).toEqual(['prepare', 'start', 'destroy']);
    expect(report()).toEqual({
      outcome: 'success',
      cause: 'exit',
      exitCode: 0,
      usage: { wallMs: 13, memoryPeakBytes: 5 },
      enforced: ['memory'],
      driver: 'process',
      log: { bytes: 3, lines: 1, truncated: false },
    });
    expect(logs.lines).toEqual([
      `system: shell: bash -eo pipefail; ${uncontained}`,
      'output: hello\n',
    ]);
    await expectNothingLeft();
  });

  it('gives the sandbox a command, a HOME and the workspace', async () => {
    const { done, running } = begin({ commands: ['make'], env: { A: '1' } });
    await running();
    const { spec } = driver.last;
    expect(spec.argv.slice(1)).toEqual(['-eo', 'pipefail', '-c', '--', 'make\n']);
    expect(spec.commands).toBeUndefined();
    expect(spec.env).toMatchObject({ A: '1', HOME: spec.homeDir, MILLRACE_STEP: 'only' });
    expect(spec.env.MILLRACE_WORKSPACE).toBe(spec.workspaceDir);
    expect(spec.env.TRACEPARENT).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(spec.name).toMatch(/^millrace-[a-z0-9_-]+-only-1-\d+$/);
    expect(await readFile(join(spec.workspaceDir, 'source'), 'utf8')).toBe('text');
    const { TMPDIR: tmp = '' } = spec.env;
    await writeFile(join(tmp, 'left-behind'), 'x');
    driver.last.end({ exitCode: 0 });
    await done;
    await expectNothingLeft();
  });

  it('tells the step its commit, and the log what is to be known about its files', async () => {
    const commit = {
      ...{ commit: 'c'.repeat(40), ref: '', branch: '', tag: 'v1', repository: '' },
      ...{ author: 'Ann <ann@example.org>', message: 'one' },
    };
    sources.facts = { commit, warnings: ['these are pointers'] };
    const { done, running } = begin();
    await running();
    expect(driver.last.spec.env).toMatchObject({
      MILLRACE_COMMIT: commit.commit,
      MILLRACE_TAG: 'v1',
      MILLRACE_BRANCH: '',
      MILLRACE_AUTHOR: commit.author,
    });
    driver.last.end({ exitCode: 0 });
    await done;
    expect(logs.lines.slice(0, 2)).toEqual([
      `system: shell: bash -eo pipefail; ${uncontained}`,
      'system: warning: these are pointers',
    ]);
    expect(JSON.stringify(gateway.reports)).not.toContain('Ann');
  });

  it('gives the steps of a run one HOME by image and driver', async () => {
    const homeOf = async (given: Partial<Assignment>) => {
      const { done } = begin(given);
      await expect.poll(() => driver.sandboxes.at(-1)?.spec.env.MILLRACE_STEP).toBe(given.step);
      const { homeDir } = driver.last.spec;
      driver.last.end({ exitCode: 0 });
      await done;
      return homeDir;
    };
    const first = await homeOf({ step: 'first' });
    await writeFile(join(first, 'downloaded'), 'x');
    expect(await homeOf({ step: 'second' })).toBe(first);
    expect(await readFile(join(first, 'downloaded'), 'utf8')).toBe('x');
    expect(await homeOf({ step: 'third', image: 'alpine' })).not.toBe(first);
    driver.kind = 'oci';
    Object.assign(parts, { usable: [{ ...(await driver.probe()), driver: 'oci' }] });
    const contained = await homeOf({ step: 'fourth' });
    expect(contained).not.toBe(first);
    expect(await readdir(contained)).toEqual([]);
    await parts.workspaces.end(assignmentOf().runId, false);
    await expect(readFile(join(first, 'downloaded'))).rejects.toThrow('ENOENT');
  });

  it('gives the commands of a list as files, and removes them', async () => {
    const { done, running } = begin({ commands: ['make', 'make test'] });
    await running();
    const { spec } = driver.last;
    const { dir = '', mount } = spec.commands ?? {};
    expect(spec.argv.at(-1)).toBe(join(dir, 'main'));
    expect(mount).toBe(dir);
    expect(await readFile(join(dir, 'command-1'), 'utf8')).toMatch(/; make\n$/);
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    expect(await readdir(spec.homeDir)).toEqual([]);
    driver.last.end({ exitCode: 0 });
    await done;
    await expectNothingLeft();
  });

  it.each([
    ['ended by itself', false],
    ['was cancelled', true],
  ])('says that the rest of a list did not run where the shell %s: %s', async (_, isCancelled) => {
    const { context, done, running } = begin({ commands: ['exit 0', 'make', 'make test'] });
    await running();
    await driver.last.print(commandMark(context.markWord, 1));
    if (isCancelled) context.stop('cancelled');
    driver.last.end({ exitCode: 0 });
    await done;
    const [last] = logs.lines.slice(-1);
    if (isCancelled) expect(last).toMatch(/took/);
    else expect(last).toBe('system: 1 of 3 commands ran: the step’s shell ended in command 1');
  });

  it('shows the commands of a list one by one, and says where sh met words of bash', async () => {
    const { context, done, running } = begin({ shell: 'sh', commands: ['echo a', 'source b'] });
    await running();
    const words = `${driver.last.spec.argv.at(-1)?.replace(/main$/, 'command-2')}: 1: source: not found\n`;
    await driver.last.print(`${commandMark(context.markWord, 1)}a\n`);
    await driver.last.print(`${commandMark(context.markWord, 2)}${words}`);
    driver.last.end({ exitCode: 127 });
    await done;
    expect(logs.lines.map((line) => line.replace(/took .*/, 'took'))).toEqual([
      `system: shell: sh -e; ${uncontained}`,
      'begins 1: $ echo a',
      'output: a\n',
      'ends 1: took',
      'begins 2: $ source b',
      `output: ${words}`,
      'ends 2: took',
      expect.stringMatching(/^system: hint: .*shell: bash/),
    ]);
  });

  it('says why a closed pipe is a failure, behind all other words', async () => {
    const { done, running } = begin({ commands: ['seq 100000 | head -1'] });
    await running();
    driver.last.end({ exitCode: 141 });
    await done;
    expect(logs.lines.at(-1)).toMatch(/^system: hint: exit code 141 is SIGPIPE/);
  });

  it('reports the exit code of a failing step, and its artifacts', async () => {
    const { done, running } = begin({ artifacts: ['result.txt', 'missing'] });
    await running();
    await writeFile(join(driver.last.spec.workspaceDir, 'result.txt'), '42');
    driver.last.end({ exitCode: 3 });
    await done;
    expect(report()).toMatchObject({ outcome: 'failure', cause: 'exit', exitCode: 3 });
    const [artifact] = report().artifacts ?? [];
    expect(artifact).toMatchObject({ name: 'result.txt', size: 2 });
    expect(await blobs.has(artifact?.sha256 ?? '')).toBe(true);
    expect(logs.lines).toContain('system: artifacts: nothing matches missing');
  });

  it.each([
    [0, undefined, { outcome: 'error', cause: 'disk-limit' }],
    [0, 'warn', { outcome: 'success' }],
    [3, undefined, { outcome: 'failure', cause: 'exit', exitCode: 3 }],
  ] as const)(
    'judges too many artifacts of a step that ends with %i (%s)',
    async (exitCode, said, seen) => {
      parts = { ...parts, settings: { ...parts.settings, artifactBytesMax: 5 } };
      const { done, running } = begin({
        artifacts: ['*'],
        ...(said && { artifactsOverLimit: said }),
      });
      await running();
      await writeFile(join(driver.last.spec.workspaceDir, 'large'), 'too many');
      driver.last.end({ exitCode });
      await done;
      expect(report()).toMatchObject(seen);
      expect(report().artifacts?.map(({ name }) => name)).toEqual(['source']);
      expect(logs.lines.join('\n')).toContain('artifacts: large is left out');
    },
  );

  it('reads no workspace of a sandbox that did not end', async () => {
    driver.destroyFault = new Error('busy');
    const { done, running } = begin({ artifacts: ['source'] });
    await running();
    driver.last.end({ exitCode: 0 });
    await done;
    expect(report()).toMatchObject({ outcome: 'success' });
    expect(report().artifacts).toBeUndefined();
    await parts.workspaces.end(assignmentOf().runId, false);
    expect(await readdir(join(directory, 'workspaces'))).toContain(assignmentOf().runId);
  });

  it('calls a step that passed an error where its artifacts cannot be stored', async () => {
    blobs.put = async () => {
      throw new Fault('server.disk-low', 'never', 'full');
    };
    const { done, running } = begin({ artifacts: ['source'] });
    await running();
    driver.last.end({ exitCode: 0 });
    await done;
    expect(report()).toMatchObject({ outcome: 'error', cause: 'disk-limit' });
  });
});

describe('an attempt that does not come to run', () => {
  it.each([
    [
      'source-failed',
      () => {
        sources.fault = new Fault('source.fetch-failed', 'backoff', 'away');
      },
    ],
    [
      'start-failed',
      () => {
        driver.prepareFault = new Fault('image.unavailable', 'never', 'no');
      },
    ],
    [
      'start-failed',
      () => {
        driver.startFault = new Fault('sandbox.start-failed', 'never', 'no');
      },
    ],
    [
      'start-failed',
      () => {
        logs.openFault = new Fault('step-log.exists', 'never', 'twice');
      },
    ],
  ])('is an error: %s', async (cause, spoil) => {
    spoil();
    await begin().done;
    expect(report()).toMatchObject({ outcome: 'error', cause });
    expect(report().message).toMatch(/\[[a-z.-]+\]$/);
    await expectNothingLeft();
    // No shell and no command, as if something had run.
    const why = logs.openFault ? [] : [`system: ${report().message}`];
    if (!driver.story.includes('start')) expect(logs.lines).toEqual(why);
    await parts.workspaces.end(assignmentOf().runId, false);
    const left = await readdir(join(directory, 'workspaces'));
    expect(left.sort()).toEqual(['.facts', '.homes', '.kept', '.trash']);
    expect(await readdir(join(directory, 'workspaces', '.homes'))).toEqual([]);
  });

  it('is an error of its source where that takes too long', async () => {
    sources.gate = Promise.withResolvers<void>().promise;
    const { done } = begin();
    await expect.poll(() => sources.count).toBe(1);
    await clock.advance(attemptTerms.sourceMs - 1);
    expect([sources.aborted, gateway.reports]).toEqual([0, []]);
    await clock.advance(1);
    await done;
    expect(sources.aborted).toBe(1);
    expect(report()).toMatchObject({ outcome: 'error', cause: 'source-failed' });
    expect(report().message).toMatch(/not there within 10 minutes/);
  });

  it('is an error where its retry finds no workspace', async () => {
    await begin({ workspaceOf: randomIds.uuid() }).done;
    expect(report()).toMatchObject({ outcome: 'error', cause: 'source-failed' });
    expect(report().message).toContain('[run.workspace-gone]');
  });

  it('is refused where the isolation is more than there is', async () => {
    await begin({ isolation: 'standard' }).done;
    expect(report().message).toContain('[isolation.unavailable]');
    expect(driver.story).toEqual([]);
  });

  it('does not tell strangers what broke inside', async () => {
    parts.workspaces.enter = async () => {
      throw new Error('ENOENT /secret/path');
    };
    await begin().done;
    expect(report().message).toBe('the executor failed; its log has the rest');
  });

  it('never runs where the start was not accepted', async () => {
    gateway.started = async () => ({ accepted: false });
    await begin().done;
    expect(driver.story).toEqual(['prepare', 'destroy']);
    expect(gateway.reports).toEqual([]);
    expect(logs.closed).toHaveLength(1);
  });

  it('waits for the acknowledgement of its start', async () => {
    gateway.isUnreachable = true;
    const { over } = begin();
    await expect.poll(() => driver.story).toEqual(['prepare']);
    await clock.advance(5_000);
    expect(driver.story).toEqual(['prepare']);
    gateway.isUnreachable = false;
    await clock.advance(5_000);
    await expect.poll(() => driver.story).toEqual(['prepare', 'start']);
    driver.last.end({ exitCode: 0 });
    await over();
  });
});

describe('ending an attempt', () => {
  it('by its time limit: TERM, the grace, KILL', async () => {
    driver.heedsTerm = false;
    const { done, running } = begin({ timeoutMs: 60_000 });
    await running();
    await clock.advance(59_999);
    expect(driver.story).not.toContain('term');
    await clock.advance(1);
    expect(driver.story.at(-1)).toBe('term');
    await clock.advance(9_999);
    expect(driver.story.at(-1)).toBe('term');
    await clock.advance(1);
    await done;
    expect(driver.story).toEqual(['prepare', 'start', 'term', 'kill', 'destroy']);
    expect(report()).toMatchObject({ outcome: 'timeout', cause: 'timeout', signal: 'SIGKILL' });
    expect(logs.lines).toEqual(
      expect.arrayContaining(['system: the step took longer than 60000 ms', waits]),
    );
  });

  const waits =
    'system: Millrace waits up to 10.0s for the step’s processes to end, then kills them';

  it('says what it waits for only where the end takes longer than a second', async () => {
    driver.heedsTerm = false;
    const { context, done, running } = begin();
    await running();
    context.stop('cancelled');
    await clock.advance(999);
    expect(logs.lines).not.toContain(waits);
    await clock.advance(1);
    expect(logs.lines).toContain(waits);
    context.stop('forced');
    await done;
    expect(logs.lines.filter((line) => line === waits)).toHaveLength(1);
  });

  it('is not moved by the wall clock', async () => {
    const { done, running } = begin({ timeoutMs: 60_000 });
    await running();
    clock.jumpWall(3_600_000);
    await clock.advance(59_000);
    clock.jumpWall(-7_200_000);
    expect(driver.story).not.toContain('term');
    await clock.advance(1_000);
    await done;
    expect(report().outcome).toBe('timeout');
  });

  it('by a cancel: a step that heeds TERM is not killed', async () => {
    const { context, done, running } = begin();
    await running();
    context.stop('cancelled');
    context.stop('cancelled');
    await done;
    expect(driver.story).toEqual(['prepare', 'start', 'term', 'destroy']);
    expect(report()).toMatchObject({ outcome: 'cancelled', cause: 'cancelled' });
  });

  it('by a cancel and then by force', async () => {
    driver.heedsTerm = false;
    const { context, done, running } = begin();
    await running();
    context.stop('cancelled');
    context.stop('forced');
    context.stop('cancelled');
    await done;
    expect(driver.story).toEqual(['prepare', 'start', 'term', 'kill', 'destroy']);
    expect(report().outcome).toBe('cancelled');
  });

  it('by the guard, while the executor was frozen: that is not the end of the step', async () => {
    const { context, done, running } = begin();
    await running();
    isSilent = true;
    driver.last.end({ signal: 'SIGKILL' });
    await done;
    expect([context.stopReason, gateway.reports]).toEqual(['fenced', []]);
    await expectNothingLeft();
  });

  it('before its command, where the executor was frozen until then', async () => {
    const gate = Promise.withResolvers<void>();
    sources.gate = gate.promise;
    const { done } = begin();
    isSilent = true;
    gate.resolve();
    await done;
    expect([driver.story, gateway.reports]).toEqual([[], []]);
  });

  it('by a fence: killed at once, and nothing is reported', async () => {
    const { context, done, running } = begin({ artifacts: ['source'] });
    await running();
    context.stop('fenced');
    await done;
    expect(driver.story).toEqual(['prepare', 'start', 'kill', 'destroy']);
    expect(gateway.reports).toEqual([]);
    await expectNothingLeft();
  });

  it('while the source is fetched', async () => {
    const gate = Promise.withResolvers<void>();
    sources.gate = gate.promise;
    const { context, done } = begin();
    await expect.poll(() => sources.count).toBe(1);
    context.stop('cancelled');
    await done;
    expect(sources.aborted).toBe(1);
    expect(driver.story).toEqual([]);
    expect(report()).toMatchObject({ outcome: 'cancelled', cause: 'cancelled' });
    gate.resolve();
  });

  it('between the sandbox and its start', async () => {
    const accepted = Promise.withResolvers<{ accepted: boolean }>();
    gateway.started = () => accepted.promise;
    const { context, done } = begin();
    await expect.poll(() => driver.story).toEqual(['prepare']);
    context.stop('cancelled');
    accepted.resolve({ accepted: true });
    await done;
    expect(driver.story).toEqual(['prepare', 'destroy']);
    expect(report().outcome).toBe('cancelled');
  });

  it('after its command has ended changes nothing', async () => {
    const reporting = Promise.withResolvers<void>();
    const finished = gateway.finished.bind(gateway);
    gateway.finished = async (id, request) => {
      await reporting.promise;
      return finished(id, request);
    };
    const { context, done, running } = begin();
    await running();
    driver.last.end({ exitCode: 0 });
    await expect.poll(() => driver.story.at(-1)).toBe('destroy');
    context.stop('cancelled');
    reporting.resolve();
    await done;
    expect(report().outcome).toBe('success');
  });

  it('kills again what a kill did not end', async () => {
    const { context, done, running } = begin();
    await running();
    const sandbox = driver.last;
    const kill = sandbox.kill.bind(sandbox);
    let tries = 0;
    sandbox.kill = async () => {
      tries += 1;
      if (tries < 3) throw new Error('busy');
      await kill();
    };
    context.stop('forced');
    await clock.advance(5_000);
    await done;
    expect(tries).toBe(3);
  });
});

describe('reporting', () => {
  async function ended(given: Partial<Assignment> = {}) {
    const attempt = begin(given);
    await attempt.running();
    return attempt;
  }

  it('is tried until it is acknowledged', async () => {
    const { over } = await ended();
    gateway.isUnreachable = true;
    driver.last.end({ exitCode: 0 });
    await expect.poll(() => logs.closed.length).toBe(1);
    await clock.advance(60_000);
    expect(gateway.reports).toEqual([]);
    gateway.isUnreachable = false;
    await over();
    expect(report().outcome).toBe('success');
  });

  it('ends when the attempt is fenced meanwhile', async () => {
    const { context, done } = await ended();
    gateway.isUnreachable = true;
    driver.last.end({ exitCode: 0 });
    await expect.poll(() => logs.closed.length).toBe(1);
    context.stop('fenced');
    await done;
    expect(gateway.reports).toEqual([]);
  });

  it('goes without a log that cannot be closed', async () => {
    logs.closeFault = new Error('EIO');
    const { done } = await ended();
    driver.last.end({ exitCode: 0 });
    await done;
    expect(report()).toMatchObject({ outcome: 'success' });
    expect(report().log).toBeUndefined();
  });

  it('goes bare where its details are refused', async () => {
    const finished = gateway.finished.bind(gateway);
    gateway.finished = async (id, request) => {
      if (request.report.usage) throw new Fault('event.too-large', 'never', 'too large');
      return finished(id, request);
    };
    const { done } = await ended();
    driver.last.end({ exitCode: 3 });
    await done;
    expect(report()).toEqual({ outcome: 'failure', cause: 'exit', exitCode: 3 });
  });

  it('tells that the executor is gone', async () => {
    const { done } = await ended();
    gateway.declareLost(executorId);
    driver.last.end({ exitCode: 0 });
    await done;
    expect(gone).toEqual([executorId]);
    expect(gateway.reports).toEqual([]);
  });
});
