import type { KnownRequest, Requests } from '#libs/application';
import { commandLifetimeMs } from '#libs/event-store';
import { streamKinds } from '#libs/events';
import { type Pool, queryRows } from '#libs/postgres';

/** Idempotency keys in a table, so that all processes of a server know them. They live as long as commands are remembered. */
export class PgRequests implements Requests {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async remember(commandId: string, fingerprint: string): Promise<KnownRequest> {
    const [row] = await queryRows<{ fingerprint: string; answer: unknown }>(
      this.#pool,
      `insert into request_fingerprints as known (command_id, fingerprint) values ($1, $2)
       on conflict (command_id) do update set
         fingerprint = case when known.used_at < statement_timestamp() - make_interval(secs => $3) then excluded.fingerprint else known.fingerprint end,
         answer = case when known.used_at < statement_timestamp() - make_interval(secs => $3) then null else known.answer end,
         used_at = case when known.used_at < statement_timestamp() - make_interval(secs => $3) then excluded.used_at else known.used_at end
       returning fingerprint, answer`,
      [commandId, fingerprint, commandLifetimeMs / 1_000],
    );
    return { isSame: row?.fingerprint === fingerprint, answer: row?.answer ?? undefined };
  }

  async rememberAnswer(commandId: string, answer: object): Promise<void> {
    await queryRows(
      this.#pool,
      `update request_fingerprints set answer = $2 where command_id = $1 and answer is null`,
      [commandId, JSON.stringify(answer)],
    );
  }

  async forget(commandId: string): Promise<void> {
    await queryRows(
      this.#pool,
      `delete from request_fingerprints where command_id = $1 and answer is null`,
      [commandId],
    );
  }
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
