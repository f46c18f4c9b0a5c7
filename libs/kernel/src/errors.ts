/** What helps a read model that has stopped: first what loses nothing. */
const rebuildFirst =
  '`millrace projections` says why, and gives the command that rebuilds it: try that first, it loses nothing. If it stops at the same event again, a corrected version can take the event; `millrace projections skip --help` tells what it costs to pass over it.';

/**
 * Every code that leaves Millrace, with its HTTP status, a title and what to do. The problem documents,
 * the CLI's one-line errors and `millrace explain CODE` are all made from this table.
 * A code never changes its meaning; new ones are added at the end of their group.
 */
const table = {
  // requests
  'request.invalid': [
    400,
    'The request is not valid',
    'Correct the fields that `errors` points at.',
  ],
  'request.malformed': [
    400,
    'The body does not match its content type',
    'Send well-formed UTF-8 JSON.',
  ],
  'request.too-large': [413, 'The request is too large', 'Send less. The detail names the limit.'],
  'request.media-type': [
    415,
    'The content type is not supported here',
    'Send application/json (sources: application/x-tar, application/gzip or application/zstd).',
  ],
  'request.unauthorized': [
    401,
    'A valid token is needed',
    'Send `Authorization: Bearer TOKEN`. The administrator’s token is in DATA_DIR/admin-token.',
  ],
  'request.forbidden': [
    403,
    'The caller does not have the permission',
    'The detail names it. The administrator’s token has every permission but those that callers of DATA_DIR/api.sock alone have.',
  ],
  'request.not-found': [404, 'There is nothing here', 'Check the address.'],
  'request.method': [405, 'The method is not supported here', 'See /api/v1/openapi.json.'],
  'request.idempotency-mismatch': [
    422,
    'The idempotency key was used for another request',
    'Use a new key for a new request.',
  ],
  'request.cursor': [
    400,
    'The cursor is not valid',
    'Use the `next` of the page before, or begin again without a cursor.',
  ],
  'position.not-reached': [
    409,
    'The read models did not reach the position in time',
    'Ask again, or allow more time by `timeoutMs`.',
  ],
  // pipelines
  'pipeline.invalid': [422, 'The pipeline is not valid', 'Correct what `diagnostics` lists.'],
  'pipeline.not-found': [
    404,
    'There is no such pipeline',
    'GET /api/v1/pipelines lists those that are registered.',
  ],
  // runs
  'run.not-found': [404, 'There is no such run', 'List them with `millrace runs`.'],
  'run.already-exists': [409, 'The run exists already', 'Nothing to do.'],
  'run.already-finished': [
    409,
    'The run has finished',
    '`millrace show RUN` says how it ended, `millrace retry RUN` repeats what failed, `millrace run` starts a new one.',
  ],
  'run.not-finished': [
    409,
    'The run has not finished',
    'Wait for its end: `millrace watch RUN`, or end it: `millrace cancel RUN`.',
  ],
  'run.nothing-to-retry': [
    409,
    'No step of the run failed',
    'Start a new run: `millrace run`. --step repeats one step; `millrace show RUN` lists the steps.',
  ],
  'run.workspace-gone': [
    409,
    'The workspace of the run is gone',
    'Start a new run: `millrace run`.',
  ],
  'run.input-unknown': [
    400,
    'The pipeline declares no such input',
    '`millrace plan FILE` lists the inputs.',
  ],
  'run.input-missing': [
    400,
    'An input without a default has no value',
    'Give it a value; `millrace plan FILE` lists the inputs.',
  ],
  'run.input-invalid': [
    400,
    'The value does not fit the input',
    '`millrace plan FILE` lists the inputs.',
  ],
  'step.not-found': [
    404,
    'The run has no such step',
    '`millrace show RUN` lists its steps and attempts.',
  ],
  'step.not-ready': [
    409,
    'The step cannot be assigned now',
    'Nothing to do: the scheduler asks again.',
  ],
  'attempt.fenced': [409, 'The attempt is no longer yours', 'Stop its sandbox and forget it.'],
  'artifact.over-limit': [
    422,
    'The step has more artifacts than are kept',
    'Keep fewer files, or put them into one archive. `artifacts: { paths: […], over_limit: warn }` leaves the rest out with a warning. The server’s setting artifact_bytes_max limits the bytes.',
  ],
  'artifact.not-found': [404, 'There is no such artifact', '`millrace artifacts RUN` lists them.'],
  'artifact.refused': [
    400,
    'The artifact cannot be stored under its name',
    'The detail says why: the step’s name for it is refused, or something in the directory is in its way.',
  ],
  'isolation.unavailable': [
    422,
    'No executor can give this isolation',
    'If the file or --isolation asks for it, ask for less. If the server’s isolation_min asks for it, only the server can lower it. An executor that gives it helps in either case.',
  ],
  'network.not-allowed': [
    403,
    'The server does not allow this network for the steps of this caller',
    'Say `network: none` in the step, or raise network_max on the server.',
  ],
  // executors
  'executor.not-found': [404, 'There is no such executor', 'List them with `millrace executors`.'],
  'executor.gone': [409, 'The executor was declared lost', 'Register again.'],
  'executor.driver-refused': [
    403,
    'This server does not take executors that run steps as plain processes',
    'Use the oci driver, listen on loopback only, or set allow_process_driver (MILLRACE_ALLOW_PROCESS_DRIVER=true) on the server.',
  ],
  // logs
  'step-log.exists': [
    409,
    'The attempt has a log already',
    'Nothing to do: the next attempt writes its own.',
  ],
  // sources and blobs
  'source.not-found': [
    404,
    'There is no source with this digest',
    'Upload it with POST /api/v1/sources.',
  ],
  'source.invalid': [400, 'The source is not acceptable', 'See the detail.'],
  'source.fetch-failed': [
    502,
    'The source could not be fetched',
    'Check the address and the commit.',
  ],
  'blob.not-found': [404, 'There is no blob with this digest', 'Upload it first.'],
  'blob.corrupt': [500, 'A blob does not match its digest', 'Restore it from a backup.'],
  // the log
  'event.too-large': [413, 'An event is larger than 64 KiB', 'Send less.'],
  'event.invalid-text': [
    400,
    'Text holds NUL or a lone surrogate',
    'Send well-formed Unicode without NUL.',
  ],
  'log.unavailable': [503, 'The log cannot be reached', 'Try again in a moment.'],
  'log.conflict': [409, 'The same thing was changed at the same time', 'Try again.'],
  'log.newer': [
    500,
    'The log is newer than the server',
    'Start the version of Millrace that wrote the log, or a later one.',
  ],
  'scheduler.stale-epoch': [409, 'Another scheduler leads now', 'Nothing to do.'],
  'read-models.not-ready': [503, 'A read model is being built', 'Try again in a moment.'],
  'read-models.stopped': [503, 'A read model has stopped at an event', rebuildFirst],
  'projection.stopped': [409, 'The read model cannot take an event', rebuildFirst],
  'projection.not-stopped': [
    409,
    'The read model has not stopped',
    'There is nothing to skip: `millrace projections` lists the read models.',
  ],
  // admission
  'server.overloaded': [
    429,
    'The server has too much to do',
    'Try again after the time in Retry-After.',
  ],
  'server.disk-low': [
    503,
    'Too little disk space is free',
    'Free space where the data directory and the workspaces lie. `millrace config explain` shows the limit, disk_free_min.',
  ],
  'server.draining': [503, 'The server is shutting down', 'Try again in a moment.'],
  'server.busy': [
    409,
    'The server is in use',
    'Wait until it is done, or end it with `millrace stop`.',
  ],
  'server.incompatible': [
    500,
    'The server has a version that this command does not understand',
    'End it with the `millrace stop` of that version, or use that version.',
  ],
  'server.error': [500, 'The server failed', 'See the server’s log under this trace id.'],
  // set-up
  'port.taken': [
    500,
    'The address is in use',
    '`millrace dev --listen 127.0.0.1:0` takes a free port and prints it. MILLRACE_LISTEN sets another address for good.',
  ],
  'data-dir.not-writable': [
    500,
    'The data directory cannot be written',
    'Give another --data-dir or change its owner.',
  ],
  'data-dir.in-use': [
    500,
    'Another server uses this data directory',
    'Use that server, or give another --data-dir.',
  ],
  'data-dir.not-private': [
    500,
    'The data directory does not belong to this user alone',
    'Use one that you own, with mode 700, or give another --data-dir.',
  ],
  'data-dir.not-ours': [
    500,
    'The data directory was not made by this user’s Millrace',
    'Give another --data-dir. If you moved, restored or filled this one yourself, name it once in MILLRACE_TRUST_DATA_DIR.',
  ],
  'postgres.start-failed': [500, 'Postgres did not start', 'See DATA_DIR/logs/postgres.log.'],
  'postgres.unreachable': [503, 'Postgres cannot be reached', 'Check --db.'],
  'postgres.migration-failed': [500, 'A migration failed', 'See the detail; nothing was changed.'],
  'config.invalid': [
    500,
    'A setting is not valid',
    'Correct it where the message says, or remove it.',
  ],
  'server.unreachable': [503, 'No server answers', 'Start one with `millrace dev`.'],
  'data-dir.forbidden': [
    403,
    'This user may not read the data directory',
    'Run the command as the user whose server it is, or reach the server over HTTP with --server and a token.',
  ],
  'workspaces.no-place': [
    500,
    'There is no directory for workspaces',
    'Set XDG_STATE_HOME to a directory outside of every project, or remove what is in the way in the directory that the detail names.',
  ],
  'data-dir.no-database': [
    500,
    'The database of the data directory is missing',
    'Name the database again by --db (MILLRACE_DB_URL), or put pg/ back into the data directory. To begin anew, remove the data directory.',
  ],
  // sandboxes
  'sandbox.unavailable': [500, 'The sandbox driver does not work here', 'See `millrace doctor`.'],
  'sandbox.start-failed': [500, 'The sandbox did not start', 'See the detail.'],
  'image.unavailable': [
    422,
    'The driver cannot provide this image',
    'Say `image: host`: container images do not exist yet. Install what a step needs on the machine, or fetch it in a step.',
  ],
} as const satisfies Record<string, readonly [status: number, title: string, hint: string]>;

export type ErrorCode = keyof typeof table;

export interface ErrorDescription {
  readonly code: ErrorCode;
  readonly status: number;
  readonly title: string;
  readonly hint: string;
}

export const errorCodes = Object.keys(table) as readonly ErrorCode[];

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(table, text);
}

export function describeError(code: ErrorCode): ErrorDescription {
  const [status, title, hint] = table[code];
  return { code, status, title, hint };
}
