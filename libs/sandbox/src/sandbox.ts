import type { Isolation } from '#libs/events';

/** What a driver lacks to do everything that it could. */
export type SandboxLack =
  | 'runtime'
  | 'root'
  | 'cgroups'
  | 'namespaces'
  /** The runtime cannot make a directory read-only down to its last mount. */
  | 'read-only-mounts'
  /** A release of the runtime without known ways out of a container. */
  | 'safe-release'
  /** Something that only the message of the runtime names. */
  | 'unknown';

/** What a driver can do on this machine; probed once, published as the executor's capability. */
export interface SandboxProbe {
  readonly driver: 'process' | 'oci';
  readonly works: boolean;
  /** Why it does not work, what is missing, what it can't enforce: one line each, for people. */
  readonly notes: readonly string[];
  /** The same for programs, as far as an operator can fix it. */
  readonly lacks?: readonly SandboxLack[];
  /** The strongest floor it can give. */
  readonly isolation: Isolation;
  /** What the kernel enforces with it: `namespaces`, `seccomp`, `memory`, `pids`, `cpu`. */
  readonly enforces: readonly string[];
}

/** One container per attempt: everything a driver needs, already validated. */
export interface SandboxSpec {
  /** `millrace-<run>-<step>-<attempt>-<fence>`: unique, deterministic, `[a-z0-9_-]`. */
  readonly name: string;
  /** `host`, or an image reference the driver may refuse with `image.unavailable`. */
  readonly image: string;
  readonly isolation: Isolation;
  readonly network: 'none' | 'host';
  /** argv of the step's first process; argv[0] is absolute. */
  readonly argv: readonly string[];
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Host directory, owned by the executor, writable for the step. */
  readonly workspaceDir: string;
  /** Where the workspace is seen inside; the `process` driver runs in `workspaceDir` itself. */
  readonly workspaceMount: string;
  /** Host directory that becomes HOME; other sandboxes of the run may have it, too. The executor makes and removes it. */
  readonly homeDir: string;
  /**
   * Host directory with the files of the commands, if argv needs any, and its path inside, read-only. The `process`
   * driver shows it at its own path, and cannot keep a step from writing there. The executor makes and removes it.
   */
  readonly commands?: { readonly dir: string; readonly mount: string };
  /** `separate`: stdout and stderr are told apart, and their order is lost. Absent: they come together, in order. */
  readonly streams?: 'separate';
  /** Further host directories (`host_binds`), read-only with everything that is mounted below. */
  readonly binds: readonly string[];
  readonly limits: SandboxLimits;
}

/** The limits of an attempt. If the kernel can't enforce one, `enforced` lacks the name and the step runs. */
export interface SandboxLimits {
  /** Including everything that the step writes to directories in memory, such as /tmp. */
  readonly memoryBytes?: number;
  /** Processes and threads. */
  readonly pids?: number;
  /** Cores' worth of time. */
  readonly cpus?: number;
  /** The share of contended cores, 1 to 10,000; 100 is that of any other group of processes. */
  readonly cpuWeight?: number;
}

/** What every sandbox of an executor gets, and a probe tries out. */
export type SandboxTrial = Pick<SandboxSpec, 'binds' | 'limits'>;

/** How the step's first process ended, and what was seen of it. The outcome is derived from this by a pure function. */
export interface SandboxExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Its end was not seen, because our process that watched it was killed. It was killed, too, if it still ran. */
  readonly isUnseen?: true;
  /** By the kernel's counter, not guessed from exit code 137. */
  readonly oomKilled: boolean;
  readonly pidsLimitHit: boolean;
  /** Until its first process ended; if it was told to end, until the last one did. */
  readonly wallMs: number;
  readonly cpuUserMs?: number;
  readonly cpuSystemMs?: number;
  readonly memoryPeakBytes?: number;
  readonly enforced: readonly string[];
}

export interface SandboxOutput {
  /** `output` is stdout and stderr together, in the order in which they were written. */
  readonly stream: 'output' | 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}

/**
 * A sandbox of one attempt. Call order: `prepare` → `start` (once) → `signal`/`kill` (any number) → `exited` →
 * `destroy` (always, also after a failed start). `destroy` is idempotent and leaves no process, mount,
 * cgroup or directory behind; it must be awaited before the workspace is read.
 */
export interface Sandbox {
  readonly name: string;
  /**
   * Starts the first process. `sink` is awaited per chunk of at most 8 KiB: while it is pending the pipe is not read, so a
   * slow sink slows the step, not memory. Chunks of one stream come in order, and after some of them, of all sandboxes of
   * this process together, there is a rest. Nobody changes their bytes afterwards.
   *
   * @throws Fault `sandbox.start-failed`
   */
  start(sink: (output: SandboxOutput) => Promise<void> | void): Promise<void>;
  /**
   * Resolves when the first process has ended, everything it left behind was killed, and the output was drained
   * (at most 2 s for a daemon that holds the pipe open). After `terminate` nothing is killed: it resolves when the last
   * process has ended, which `kill` hastens. Never rejects after a successful start.
   */
  readonly exited: Promise<SandboxExit>;
  /** SIGTERM to every process of the sandbox; stopped processes are continued, so that they get it. Nothing happens if its first process has ended. */
  terminate(): Promise<void>;
  /** SIGKILL to the whole sandbox, at once. Nothing happens if it has ended. */
  kill(): Promise<void>;
  destroy(): Promise<void>;
}

/** A sandbox that an earlier process left. */
export interface ReapedSandbox {
  readonly name: string;
  /** Why a part of it could not be removed. */
  readonly resists?: string;
}

/**
 * A way to run steps. It belongs to one executor, which no other shares `stateDir` with.
 */
export interface SandboxDriver {
  readonly kind: 'process' | 'oci';
  /**
   * Tries out once whether sandboxes work with what every one of them gets.
   *
   * @throws Fault `sandbox.unavailable` if a directory that is to be shown does not exist or must never be shown: an operator has to fix that
   */
  probe(trial: SandboxTrial): Promise<SandboxProbe>;
  /**
   * Checks the spec against what the driver can do and prepares directories. Starts nothing.
   *
   * @throws Fault `image.unavailable`, `isolation.unavailable`, `sandbox.unavailable`
   */
  prepare(spec: SandboxSpec): Promise<Sandbox>;
  /**
   * Kills and removes whatever an earlier process of this executor left behind. Called once, before the first
   * `prepare`. Verifies pid and start time before it kills; never kills by name.
   *
   * @returns what was left. What cannot be removed stops nothing: the next start tries again
   */
  reap(): Promise<readonly ReapedSandbox[]>;
  /**
   * From now on sandboxes may run this long, in milliseconds: when nothing is said anew they are killed, although this
   * process may be frozen and cannot. The caller kills by its own clock first and takes what ended later as killed. Before
   * the first call there is no limit.
   */
  extendTerm(termMs: number): void;
  /** Ends everything at once, without grace (self-fencing). */
  killAll(): Promise<void>;
}
