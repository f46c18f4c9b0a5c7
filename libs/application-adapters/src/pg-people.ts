import type { People } from '#libs/application';
import type { TenantId } from '#libs/events';
import { type Pool, queryRows } from '#libs/postgres';

export interface Person {
  readonly subject: string;
  readonly name: string;
  readonly email?: string;
}

/**
 * The table of people (`migrations/0042_people.sql`): the only place of their names and e-mail addresses. Events and read models
 * have subject ids alone (`actor.ts` of events); a name is joined when a run is shown (`people.ts` of application).
 *
 * `note` writes a person's row and `erase` deletes it, which is all that erasing takes. No operation calls them yet, for the
 * administrator is the only user: until there are others an operator erases a person with
 * `delete from people where tenant = … and subject = …`.
 */
export class PgPeople implements People {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async namesOf(tenant: TenantId, subjects: readonly string[]) {
    const rows = await queryRows<{ subject: string; name: string }>(
      this.#pool,
      'select subject, name from people where tenant = $1 and subject = any($2)',
      [tenant, subjects],
    );
    return new Map(rows.map(({ subject, name }) => [subject, name]));
  }

  /** Notes a person, or what has changed of one. */
  async note(tenant: TenantId, { subject, name, email }: Person): Promise<void> {
    await queryRows(
      this.#pool,
      `insert into people (tenant, subject, name, email) values ($1, $2, $3, $4)
       on conflict (tenant, subject) do update
         set name = excluded.name, email = excluded.email, noted_at = excluded.noted_at`,
      [tenant, subject, name, email ?? null],
    );
  }

  /** Forgets a person for ever. The log stays as it is, and shows the subject id. Idempotent. */
  async erase(tenant: TenantId, subject: string): Promise<void> {
    await queryRows(this.#pool, 'delete from people where tenant = $1 and subject = $2', [
      tenant,
      subject,
    ]);
  }
}
