import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultTenant, type LogSummary } from '#libs/events';
import type { Assignment } from '#libs/executor-protocol';
import { type Clock, Fault, type Ids, type Timers } from '#libs/kernel';
import type { LogKey, LogStore, LogWriter } from '#libs/logs';
import type {
  ReapedSandbox,
  Sandbox,
  SandboxDriver,
  SandboxExit,
  SandboxOutput,
  SandboxProbe,
  SandboxSpec,
} from '#libs/sandbox';
import type { SourceFacts, SourceOptions, SourceProvider } from '#libs/sources';
import type { ExecutorSettings } from './settings.ts';

/** An assignment with everything that a spec does not care about filled in. */
export function assignmentOf(given: Partial<Assignment> = {}): Assignment {
  const runId = given.runId ?? '01900000-0000-7000-8000-000000000001';
  return {
    fence: 7,
    tenant: defaultTenant,
    runId,
    runNumber: 7,
    pipeline: 'demo',
    step: 'only',
    attempt: 1,
    commands: ['true'],
    env: {},
    timeoutMs: 60_000,
    image: 'host',
    network: 'none',
    isolation: 'none',
    artifacts: [],
    source: { kind: 'none' },
    workspaceOf: runId,
    traceparent: null,
    ...given,
  };
}

export const randomIds: Ids = { uuid: randomUUID };

/** The machine's own time. */
export const realTime: Clock & Timers = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

export function settingsIn(
  directory: string,
  given: Partial<ExecutorSettings> = {},
): ExecutorSettings {
  return {
    name: 'spec',
    version: '0.0.0',
    labels: [],
    slots: 4,
    sandbox: 'auto',
    allowsProcessDriver: true,
    hostPath: [],
    ownPath: '',
    hostBinds: [],
    limits: {},
    stateDir: join(directory, 'state'),
    workspacesDir: join(directory, 'workspaces'),
    graceMs: 10_000,
    logBytesMax: 1024 * 1024,
    artifactBytesMax: 1024 * 1024,
    workspaceKeepMs: 24 * 3_600_000,
    workspaceBytesMax: 1024 * 1024 * 1024,
    ...given,
  };
}

/** Sandboxes that do what a spec tells them. `story` is what happened to them, in order. */
export class ScriptedDriver implements SandboxDriver {
  kind: SandboxDriver['kind'] = 'process';
  readonly story: string[] = [];
  readonly sandboxes: ScriptedSandbox[] = [];
  readonly terms: number[] = [];
  /** What the next `prepare` throws. */
  prepareFault: Fault | undefined;
  startFault: Fault | undefined;
  destroyFault: Error | undefined;
  heedsTerm = true;

  async probe(): Promise<SandboxProbe> {
    return { driver: 'process', works: true, notes: [], isolation: 'none', enforces: [] };
  }

  async prepare(spec: SandboxSpec): Promise<ScriptedSandbox> {
    this.story.push('prepare');
    if (this.prepareFault) throw this.prepareFault;
    const sandbox = new ScriptedSandbox(spec, this);
    this.sandboxes.push(sandbox);
    return sandbox;
  }

  async reap(): Promise<readonly ReapedSandbox[]> {
    this.story.push('reap');
    return [];
  }

  extendTerm(termMs: number): void {
    this.terms.push(termMs);
  }

  async killAll(): Promise<void> {
    this.story.push('kill all');
    for (const sandbox of this.sandboxes) sandbox.end({ signal: 'SIGKILL' });
  }

  get last(): ScriptedSandbox {
    const sandbox = this.sandboxes.at(-1);
    if (!sandbox) throw new Error('nothing was prepared');
    return sandbox;
  }
}

export class ScriptedSandbox implements Sandbox {
  readonly spec: SandboxSpec;
  readonly name: string;
  readonly exited: Promise<SandboxExit>;
  hasStarted = false;
  readonly #driver: ScriptedDriver;
  readonly #exit = Promise.withResolvers<SandboxExit>();
  #sink: (output: SandboxOutput) => Promise<void> | void = () => {};

  constructor(spec: SandboxSpec, driver: ScriptedDriver) {
    this.spec = spec;
    this.name = spec.name;
    this.exited = this.#exit.promise;
    this.#driver = driver;
  }

  async start(sink: (output: SandboxOutput) => Promise<void> | void): Promise<void> {
    this.#driver.story.push('start');
    if (this.#driver.startFault) throw this.#driver.startFault;
    this.#sink = sink;
    this.hasStarted = true;
  }

  async print(text: string): Promise<void> {
    await this.#sink({ stream: 'output', bytes: Buffer.from(text) });
  }

  end(seen: Partial<SandboxExit>): void {
    this.#exit.resolve({
      exitCode: null,
      signal: null,
      oomKilled: false,
      pidsLimitHit: false,
      wallMs: 12.5,
      enforced: [],
      ...seen,
    });
  }

  async terminate(): Promise<void> {
    this.#driver.story.push('term');
    if (this.#driver.heedsTerm) this.end({ signal: 'SIGTERM' });
  }

  async kill(): Promise<void> {
    this.#driver.story.push('kill');
    this.end({ signal: 'SIGKILL' });
  }

  async destroy(): Promise<void> {
    this.#driver.story.push('destroy');
    if (this.#driver.destroyFault) throw this.#driver.destroyFault;
  }
}

/** Keeps lines as `<stream>: <text>`. */
export class MemoryLogs implements LogStore {
  readonly lines: string[] = [];
  readonly closed: LogKey[] = [];
  readonly #open = new Set<string>();
  openFault: Fault | undefined;
  closeFault: Error | undefined;

  async open(key: LogKey): Promise<LogWriter> {
    if (this.openFault) throw this.openFault;
    const name = `${key.runId}/${key.step}/${key.attempt}`;
    if (this.#open.has(name)) throw new Fault('step-log.exists', 'never', `${name} has a log`);
    this.#open.add(name);
    const summary: LogSummary = { bytes: 3, lines: 1, truncated: false };
    return {
      write: async (stream, bytes) => {
        this.lines.push(`${stream}: ${Buffer.from(bytes)}`);
      },
      system: async (text) => {
        this.lines.push(`system: ${text}`);
      },
      group: async ({ edge, command }, text) => {
        this.lines.push(`${edge} ${command}: ${text}`);
      },
      close: async () => {
        this.closed.push(key);
        if (this.closeFault) throw this.closeFault;
        return summary;
      },
    };
  }

  async *read(): AsyncGenerator<never> {}
  async seal(): Promise<void> {}
  async removeRun(): Promise<void> {}
}

/** Makes a directory with one file; may be held back or fail. */
export class CountedSources implements SourceProvider {
  count = 0;
  aborted = 0;
  fault: Fault | undefined;
  gate: Promise<void> = Promise.resolve();
  facts: SourceFacts | undefined;
  /** Called when all but the name is there. */
  beforeName: () => Promise<void> = async () => {};

  async materialise(_: unknown, targetDir: string, { abort, onFacts }: SourceOptions) {
    this.count += 1;
    abort.addEventListener('abort', () => {
      this.aborted += 1;
    });
    await this.gate;
    abort.throwIfAborted();
    if (this.fault) throw this.fault;
    if (this.facts) await onFacts?.(this.facts);
    await this.beforeName();
    await mkdir(targetDir);
    await writeFile(join(targetDir, 'source'), 'text');
    return this.facts;
  }
}
