import { randomBytes } from 'node:crypto';
import { type Clock, type Ids, type Timers, uuidv7 } from '#libs/kernel';

// The one place where time and randomness enter: everything else gets them handed in.

export const systemClock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };

export const systemTimers: Timers = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

export const systemIds: Ids = { uuid: () => uuidv7(Date.now(), randomBytes(10)) };

export const systemRandom = (): number => Math.random();
