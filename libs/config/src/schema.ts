import { z } from 'zod';
import {
  bytes,
  durationMs,
  filePath,
  listenAddress,
  pathList,
  textList,
  trueOrFalse,
  wholeNumber,
} from './setting-values.ts';

/** One setting: its key in files and in `millrace config`, its variable, its meaning. */
export interface Setting {
  readonly variable: string;
  readonly schema: z.ZodType;
  readonly default: unknown;
  /** Unit and meaning, one line. */
  readonly about: string;
  readonly isSecret?: boolean;
  /** What its number counts, if that is a time or a size. */
  readonly unit?: 'ms' | 'bytes';
  /** The CLI flag that mirrors it. */
  readonly flag?: string;
  /** It cannot stand in the file of a data directory. */
  readonly isNeverInFile?: boolean;
}

/** Every setting there is. */
export const settings = {
  dataDir: {
    variable: 'MILLRACE_DATA_DIR',
    flag: '--data-dir',
    schema: z.string().min(1),
    default: '.millrace',
    about: 'directory of all state',
  },
  trustDataDir: {
    variable: 'MILLRACE_TRUST_DATA_DIR',
    schema: z.string().min(1),
    default: undefined,
    about:
      'a data directory that you know to be yours although it was not made here by you: moved, restored, filled by hand; once is enough',
    isNeverInFile: true,
  },
  listen: {
    variable: 'MILLRACE_LISTEN',
    flag: '--listen',
    schema: listenAddress,
    default: '127.0.0.1:7420',
    about: 'address of the API',
  },
  db: {
    variable: 'MILLRACE_DB_URL',
    flag: '--db',
    schema: z.string().regex(/^postgres(?:ql)?:\/\//, { message: 'expected postgres://…' }),
    default: undefined,
    about: 'a Postgres 15 or newer instead of the embedded one',
    isSecret: true,
  },
  token: {
    variable: 'MILLRACE_TOKEN',
    schema: z.string().min(16).max(512),
    default: undefined,
    about: 'the token that the CLI sends; by default the one in DATA_DIR/admin-token',
    isSecret: true,
  },
  server: {
    variable: 'MILLRACE_SERVER',
    flag: '--server',
    schema: z.url({ protocol: /^https?$/ }),
    default: undefined,
    about: 'the server that the CLI talks to, instead of the one of its data directory',
  },
  sandbox: {
    variable: 'MILLRACE_SANDBOX',
    flag: '--sandbox',
    schema: z.enum(['auto', 'process', 'oci']),
    default: 'auto',
    about: 'sandbox driver; auto takes the strongest that works here',
  },
  isolationMin: {
    variable: 'MILLRACE_ISOLATION_MIN',
    schema: z.enum(['none', 'standard', 'strict']),
    default: undefined,
    about:
      'isolation that every run has at least, whoever starts it; unset it is standard, and none for the local administrator (who connects by DATA_DIR/api.sock)',
  },
  networkMax: {
    variable: 'MILLRACE_NETWORK_MAX',
    schema: z.enum(['none', 'host']),
    default: undefined,
    about:
      'network that steps may have at most, whoever starts them; unset it is none, and host for the local administrator, whose steps have it where the file says nothing',
  },
  allowProcessDriver: {
    variable: 'MILLRACE_ALLOW_PROCESS_DRIVER',
    schema: trueOrFalse,
    default: false,
    about:
      'whether a server that listens beyond loopback takes executors that run steps as plain processes: such a step can become the administrator',
  },
  slots: {
    variable: 'MILLRACE_SLOTS',
    schema: wholeNumber(1, 1000),
    default: undefined,
    about: 'steps at once; by default twice the number of cores',
  },
  labels: {
    variable: 'MILLRACE_LABELS',
    schema: textList,
    default: [],
    about: 'labels of the executor, separated by commas',
  },
  hostPath: {
    variable: 'MILLRACE_HOST_PATH',
    schema: pathList,
    default: [],
    about:
      'directories put first in a step’s PATH and shown read-only in the host image, separated by colons; the server’s own PATH is searched last, in a sandbox as far as it lies in /usr',
  },
  hostBinds: {
    variable: 'MILLRACE_HOST_BINDS',
    schema: pathList,
    default: [],
    about: 'further directories shown read-only in the host image, separated by colons',
  },
  stepMemoryMax: {
    variable: 'MILLRACE_STEP_MEMORY_MAX',
    schema: wholeNumber(64 * 1024 * 1024, Number.MAX_SAFE_INTEGER),
    unit: 'bytes',
    default: undefined,
    about:
      'bytes of memory of one step in a sandbox, with what it writes to /tmp; by default half of the machine’s, at most 8 GiB',
  },
  stepPidsMax: {
    variable: 'MILLRACE_STEP_PIDS_MAX',
    schema: wholeNumber(16, 4_194_304),
    default: 4096,
    about: 'processes and threads of one step in a sandbox',
  },
  stepCpuWeight: {
    variable: 'MILLRACE_STEP_CPU_WEIGHT',
    schema: wholeNumber(1, 10_000),
    default: 100,
    about:
      'share of one step in a sandbox of cores that are fought for; 100 is that of any other group of processes',
  },
  gitSshKey: {
    variable: 'MILLRACE_GIT_SSH_KEY',
    schema: filePath,
    default: undefined,
    about: 'a private key without passphrase, for repositories behind ssh (with git_known_hosts)',
  },
  gitKnownHosts: {
    variable: 'MILLRACE_GIT_KNOWN_HOSTS',
    schema: filePath,
    default: undefined,
    about: 'the hosts that ssh may talk to, in the format of known_hosts; no other file is read',
  },
  gitCredentialsFile: {
    variable: 'MILLRACE_GIT_CREDENTIALS_FILE',
    schema: filePath,
    default: undefined,
    about:
      'lines https://USER:PASSWORD@HOST[/PATH] for repositories behind https, each for its host or what lies below its path; read only',
  },
  logLevel: {
    variable: 'MILLRACE_LOG_LEVEL',
    schema: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
    default: 'info',
    about: 'least severity of the server’s own log',
  },
  logBytesMax: {
    variable: 'MILLRACE_LOG_BYTES_MAX',
    schema: bytes,
    unit: 'bytes',
    default: 10 * 1024 * 1024,
    about: 'bytes kept of one attempt’s log',
  },
  artifactBytesMax: {
    variable: 'MILLRACE_ARTIFACT_BYTES_MAX',
    schema: bytes,
    unit: 'bytes',
    default: 1024 * 1024 * 1024,
    about: 'bytes of all artifacts of one attempt',
  },
  sourceBytesMax: {
    variable: 'MILLRACE_SOURCE_BYTES_MAX',
    schema: bytes,
    unit: 'bytes',
    default: 2 * 1024 * 1024 * 1024,
    about: 'bytes of one uploaded working tree',
  },
  workspaceKeep: {
    variable: 'MILLRACE_WORKSPACE_KEEP',
    schema: durationMs,
    unit: 'ms',
    default: 24 * 3_600_000,
    about: 'how long the workspace of a failed run is kept, with the HOMEs of its steps',
  },
  workspaceBytesMax: {
    variable: 'MILLRACE_WORKSPACE_BYTES_MAX',
    schema: bytes,
    unit: 'bytes',
    default: 10 * 1024 * 1024 * 1024,
    about: 'bytes of all kept workspaces, with the HOMEs of their steps',
  },
  logKeep: {
    variable: 'MILLRACE_LOG_KEEP',
    schema: durationMs,
    unit: 'ms',
    default: 90 * 86_400_000,
    about: 'how long logs are kept',
  },
  logStoreBytesMax: {
    variable: 'MILLRACE_LOG_STORE_BYTES_MAX',
    schema: bytes,
    unit: 'bytes',
    default: 20 * 1024 * 1024 * 1024,
    about: 'bytes of all logs',
  },
  diskFreeMin: {
    variable: 'MILLRACE_DISK_FREE_MIN',
    schema: bytes,
    unit: 'bytes',
    default: 1024 * 1024 * 1024,
    about: 'bytes that must be free for new runs to be accepted',
  },
  queuedStepsMax: {
    variable: 'MILLRACE_QUEUED_STEPS_MAX',
    schema: wholeNumber(1, 10_000_000),
    default: 100_000,
    about: 'waiting steps above which new runs are refused',
  },
  stopGrace: {
    variable: 'MILLRACE_STOP_GRACE',
    // The scheduler waits no longer than that for a step whose time is over.
    schema: durationMs.refine((ms) => ms <= 600_000, 'expected at most 10m'),
    unit: 'ms',
    default: 10_000,
    about: 'between TERM and KILL of a step, at most 10m',
  },
  drainTimeout: {
    variable: 'MILLRACE_DRAIN_TIMEOUT',
    schema: durationMs,
    unit: 'ms',
    default: 30_000,
    about: 'how long a server that is told to end waits for the steps that run',
  },
  idleExit: {
    variable: 'MILLRACE_IDLE_EXIT',
    schema: durationMs,
    unit: 'ms',
    default: 600_000,
    about: 'how long a server in the background stays when nothing is queued, running or asked for',
  },
} as const satisfies Record<string, Setting>;

export type SettingKey = keyof typeof settings;

type ValueOf<Key extends SettingKey> = z.output<(typeof settings)[Key]['schema']>;
type Optional =
  | 'db'
  | 'token'
  | 'server'
  | 'slots'
  | 'stepMemoryMax'
  | 'isolationMin'
  | 'networkMax'
  | 'gitSshKey'
  | 'gitKnownHosts'
  | 'gitCredentialsFile';

/** All settings, checked, with defaults filled in. Durations are milliseconds. */
export type Config = { readonly [Key in Exclude<SettingKey, Optional>]: ValueOf<Key> } & {
  readonly [Key in Optional]: ValueOf<Key> | undefined;
};
