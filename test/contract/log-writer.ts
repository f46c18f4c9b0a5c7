import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { Appender, InProcessLogSignal, PgEventStore } from '#libs/event-store';
import { defaultTenant, type StreamName } from '#libs/events';
import { Fault, uuidFromName, uuidv7 } from '#libs/kernel';
import { openPool, type Pool, type PoolClient, type PoolConfig } from '#libs/postgres';

/** What a writer was told, one JSON object per line. */
export interface Acknowledged {
  readonly kind: string;
  readonly stream: StreamName;
  readonly tags: readonly string[];
  readonly commandId?: string | undefined;
  readonly firstPosition?: number;
  readonly lastPosition?: number;
}

interface Assignment {
  readonly writer: string;
  readonly poolConfig: PoolConfig;
  /** Written to by all. */
  readonly streams: readonly StreamName[];
}

/** Of a hundred appends that were stored so many answers never arrive, as when a connection breaks just then. */
const lostAnswersPercent = 3;

function losingAnswers(pool: Pool): Pool {
  const query = pool.query.bind(pool);
  const connect = async (): Promise<Partial<PoolClient>> => {
    const client = await pool.connect();
    const losing = async (config: Parameters<PoolClient['query']>[0]) => {
      const answer = await client.query(config);
      if (Math.random() * 100 < lostAnswersPercent) throw new Error('the connection broke');
      return answer;
    };
    return {
      query: losing as PoolClient['query'],
      release: (isBroken) => client.release(isBroken),
    };
  };
  return { query, connect } as unknown as Pool;
}

/** Appends until it is killed, several things at a time, and says what it was told the moment it was told. */
async function write({ writer, poolConfig, streams }: Assignment): Promise<never> {
  const pool = openPool(poolConfig, { max: 3, applicationName: 'log-writer' });
  const store = new PgEventStore(losingAnswers(pool));
  const timers = {
    after: (delayMs: number, callback: () => void) => {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
  };
  const clock = { nowMs: Date.now, monotonicMs: () => performance.now() };
  const ids = { uuid: () => uuidv7(Date.now(), randomBytes(10)) };
  const signal = new InProcessLogSignal(timers);
  const appender = new Appender({ store, signal, clock, timers, ids, random: Math.random });
  const versions = new Map<StreamName, number>();
  const commands: string[] = [];
  let count = 0;

  const appendOnce = async () => {
    count += 1;
    const isShared = Math.random() < 0.6;
    const own: StreamName = `run-${uuidv7(Date.now(), randomBytes(10))}`;
    const stream = isShared ? (streams[Math.floor(Math.random() * streams.length)] ?? own) : own;
    const tags = Array.from({ length: 1 + (count % 3) }, (_, at) => `${writer}/${count}/${at}`);
    const commandId = commandFor(count);
    const answer = await appender.append({
      stream,
      expectedVersion: versions.get(stream) ?? 0,
      events: tags.map((tag) => ({
        type: 'run.cancel-requested',
        data: { by: 'user:admin', reason: tag, force: false },
      })),
      origin: { tenant: defaultTenant, actor: 'system', commandId },
    });
    if (answer.kind === 'appended') versions.set(stream, answer.version);
    if (answer.kind === 'conflict') versions.set(stream, answer.actualVersion);
    const { kind } = answer;
    const place =
      answer.kind === 'appended' || answer.kind === 'duplicate'
        ? { firstPosition: answer.firstPosition, lastPosition: answer.lastPosition }
        : {};
    const told: Acknowledged = { kind, stream, tags, commandId, ...place };
    writeSync(1, `${JSON.stringify(told)}\n`);
  };

  /** Most commands are new, some were sent before, some have no id. */
  const commandFor = (number: number): string | undefined => {
    if (number % 3 === 0) return undefined;
    if (number % 7 === 0) return commands[Math.floor(Math.random() * commands.length)];
    const commandId = uuidFromName('command', writer, `${number}`);
    commands.push(commandId);
    return commandId;
  };

  const worker = async (): Promise<never> => {
    for (;;) {
      await appendOnce().catch((error: unknown) => {
        // The log stayed away for longer than the appender tries: nothing was promised.
        if (!(error instanceof Fault)) throw error;
      });
    }
  };
  return await Promise.race(Array.from({ length: 8 }, worker));
}

await write(JSON.parse(process.argv[2] ?? '') as Assignment);
