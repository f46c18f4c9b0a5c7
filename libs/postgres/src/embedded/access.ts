import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { chmodSync, chownSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { Fault } from '#libs/kernel';
import { connectTo } from './connect-to.ts';
import { applicationRole, ownerRole } from './settings.ts';

/** The rules of `pg_hba.conf` once the roles have the password: there is one way in, and it requires the password. */
const closed =
  '# Written by Millrace at each start that finds something else here.\n' +
  'local all all scram-sha-256\n';
/** The rules until the roles have the password. No other process knows the socket before that. */
const open = 'local all all trust\n';

/**
 * The second protection of the database: a process that finds the socket in its hidden directory needs a password, too. The
 * password is in the file `password` beside the cluster (0600) and nowhere else; the server only gets its verifier, over
 * the socket.
 */
export class Access {
  readonly password: string;
  readonly #hbaFile: string;
  #isClosed: boolean;

  /** Called before the server starts. A cluster without our `pg_hba.conf`, or whose password is lost, starts open. */
  constructor(passwordFile: string, clusterDir: string) {
    this.#hbaFile = join(clusterDir, 'pg_hba.conf');
    const known = read(passwordFile);
    this.password = known ?? randomBytes(32).toString('base64url');
    if (known === undefined) write(passwordFile, this.password);
    // A copied file may have lost its mode.
    else chmodSync(passwordFile, 0o600);
    this.#isClosed = known !== undefined && read(this.#hbaFile) === closed.trim();
    if (!this.#isClosed) this.#writeRules(open);
  }

  /**
   * Called when the server takes connections: gives its roles the password, then makes the server require it. Does nothing
   * if it is required already. If a start is killed in between, the next one does it again.
   *
   * @throws Fault `postgres.start-failed` if the server still accepts connections without a password
   */
  async close(socketDir: string): Promise<void> {
    if (this.#isClosed) return;
    const client = new pg.Client(connectTo(socketDir, ownerRole, this.password));
    client.on('error', () => {});
    await client.connect();
    try {
      const proof = scramVerifier(this.password);
      await client.query(`alter role ${ownerRole} password '${proof}'`);
      // In a fresh cluster the migration that makes this role has not run.
      await client.query(`do $$ begin create role ${applicationRole} login;
        exception when duplicate_object then null; end $$`);
      await client.query(`alter role ${applicationRole} password '${proof}'`);
      this.#writeRules(closed);
      await client.query('select pg_reload_conf()');
    } finally {
      await client.end();
    }
    await this.#waitUntilAsked(socketDir);
    this.#isClosed = true;
  }

  /** Waits until the server has read its rules, which it does a moment after it was told to. */
  async #waitUntilAsked(socketDir: string): Promise<void> {
    for (let waitedMs = 0; waitedMs < 5_000; waitedMs += 5) {
      if (await asksForPassword(socketDir)) return;
      await delay(5);
    }
    throw new Fault('postgres.start-failed', 'never', 'Postgres does not ask for its password');
  }

  #writeRules(text: string): void {
    // The rules belong to the owner of the cluster.
    const { uid, gid } = statSync(join(this.#hbaFile, '..'));
    write(this.#hbaFile, text, { uid, gid });
  }
}

async function asksForPassword(socketDir: string): Promise<boolean> {
  const client = new pg.Client(connectTo(socketDir, ownerRole, 'a guess'));
  client.on('error', () => {});
  try {
    await client.connect();
    return false;
  } catch (error) {
    // Class 28: the server has refused the login. Other errors say nothing about its rules.
    if ((error as { code?: string }).code?.startsWith('28')) return true;
    throw error;
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * The verifier that a server stores for a password (RFC 5803): it can check logins, but not log in. One round is enough:
 * rounds slow down guessing, which 256 random bits exclude, and every connection pays for them.
 */
function scramVerifier(password: string): string {
  const rounds = 1;
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, rounds, 32, 'sha256');
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64');
  const serverKey = hmac('Server Key').toString('base64');
  return `SCRAM-SHA-256$${rounds}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}

function read(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return text === '' ? undefined : text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes a file whole or not at all, and to the disk before anything relies on it. */
function write(path: string, text: string, owner?: { uid: number; gid: number }): void {
  const draft = `${path}.draft`;
  writeFileSync(draft, text, { mode: 0o600, flush: true });
  chmodSync(draft, 0o600);
  if (owner !== undefined) chownSync(draft, owner.uid, owner.gid);
  renameSync(draft, path);
}
