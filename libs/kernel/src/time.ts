/** Time as a port. Wall time is for people and for due-dates; every timeout is judged by the monotonic clock. */
export interface Clock {
  /** Unix time in milliseconds. May jump. */
  nowMs(): number;
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonicMs(): number;
}

/** Timers as a port, so that loops can be simulated. */
export interface Timers {
  /** Runs `callback` once after `delayMs`; the answer cancels it. A callback must not throw. */
  after(delayMs: number, callback: () => void): () => void;
}

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const durationPattern = /^(?:\d{1,9}(?:ms|s|m|h|d))+$/;

/**
 * Reads a duration such as `90s`, `10m`, `1h30m`.
 *
 * @returns milliseconds, or undefined if the text is no duration
 */
export function parseDurationMs(text: string): number | undefined {
  if (!durationPattern.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount = '0', unit = 'ms'] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    totalMs += Number(amount) * (unitMs[unit] ?? 0);
  }
  return totalMs;
}

/** The same duration as `parseDurationMs` reads it: `90d`, `1m30s`. */
export function exactDuration(durationMs: number): string {
  let rest = durationMs;
  let text = '';
  for (const [unit, ms] of Object.entries(unitMs).reverse()) {
    const amount = Math.floor(rest / ms);
    if (amount > 0) text += `${amount}${unit}`;
    rest %= ms;
  }
  return text || '0s';
}

/** A short text for people: `340ms`, `4.2s`, `1m05s`, `2h03m`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)}ms`;
  if (durationMs < 59_950) return `${(durationMs / 1_000).toFixed(1)}s`;
  const seconds = Math.round(durationMs / 1_000);
  const pad = (value: number) => String(value).padStart(2, '0');
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m${pad(seconds % 60)}s`;
  return `${Math.floor(seconds / 3_600)}h${pad(Math.floor((seconds % 3_600) / 60))}m`;
}
