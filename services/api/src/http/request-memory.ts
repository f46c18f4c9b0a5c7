import { streamKinds } from '#libs/events';
import { type Pool, queryRows } from '#libs/postgres';

/** How long a key is remembered; commands are remembered as long. */
const keepHours = 24;

/** What is known of an idempotency key. */
export interface KnownRequest {
  /** False where it was used for something else within the last day. */
  readonly isSame: boolean;
  /** What `rememberAnswer` was told. */
  readonly answer: unknown;
}

/** Remembers what an idempotency key was used for, over all api processes. */
export async function rememberRequest(
  pool: Pool,
  commandId: string,
  fingerprint: string,
): Promise<KnownRequest> {
  const [row] = await queryRows<{ fingerprint: string; answer: unknown }>(
    pool,
    `insert into request_fingerprints as known (command_id, fingerprint) values ($1, $2)
     on conflict (command_id) do update set
       fingerprint = case when known.used_at < clock_timestamp() - make_interval(hours => $3) then excluded.fingerprint else known.fingerprint end,
       answer = case when known.used_at < clock_timestamp() - make_interval(hours => $3) then null else known.answer end,
       used_at = case when known.used_at < clock_timestamp() - make_interval(hours => $3) then excluded.used_at else known.used_at end
     returning fingerprint, answer`,
    [commandId, fingerprint, keepHours],
  );
  return { isSame: row?.fingerprint === fingerprint, answer: row?.answer ?? undefined };
}

/** Keeps the first answer to a request that is remembered. */
export async function rememberAnswer(pool: Pool, commandId: string, answer: object): Promise<void> {
  await queryRows(
    pool,
    `update request_fingerprints set answer = $2 where command_id = $1 and answer is null`,
    [commandId, JSON.stringify(answer)],
  );
}

/** For a request that was refused; one that was answered stays. */
export async function forgetRequest(pool: Pool, commandId: string): Promise<void> {
  await queryRows(
    pool,
    `delete from request_fingerprints where command_id = $1 and answer is null`,
    [commandId],
  );
}

/** The run that a command started, as long as commands are remembered. */
export async function findStartedRun(pool: Pool, commandId: string): Promise<string | undefined> {
  const rows = await queryRows<{ stream: string }>(
    pool,
    `select stream from commands
     where command_id = $1 and stream_kind = $2 and expires_at > clock_timestamp()`,
    [commandId, streamKinds.run],
  );
  return rows[0]?.stream;
}
