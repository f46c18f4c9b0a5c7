import { randomBytes } from 'node:crypto';
import { type Clock, type Ids, type Timers, uuidv7 } from '#libs/kernel';

// The one place where time and randomness enter: everything else gets them handed in.

const systemClock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };

const systemTimers: Timers = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Random bytes are drawn for many ids at once: each call to the system costs more than the id. */
const idBytes = 10;
let pool = randomBytes(idBytes * 512);
let used = 0;

const systemIds: Ids = {
  uuid() {
    if (used === pool.length) {
      pool = randomBytes(pool.length);
      used = 0;
    }
    const random = pool.subarray(used, used + idBytes);
    used += idBytes;
    return uuidv7(Date.now(), random);
  },
};

/** Handed to every composition. */
export const systemPorts = {
  clock: systemClock,
  timers: systemTimers,
  ids: systemIds,
  random: () => Math.random(),
} as const;
