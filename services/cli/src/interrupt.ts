/** SIGINT and SIGTERM, handled as requests instead of ending this process. */
export interface Interrupt {
  wasInterrupted(): boolean;
  /** Stops handling: the next signal ends the process. */
  release(): void;
}

/** @param handle  gets the number of signals so far, from 1; an error that it throws is ignored (the run may have ended meanwhile) */
export function onInterrupt(handle: (times: number) => Promise<void>): Interrupt {
  let times = 0;
  const listener = () => {
    times += 1;
    handle(times).catch(() => undefined);
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return {
    wasInterrupted: () => times > 0,
    release() {
      process.removeListener('SIGINT', listener);
      process.removeListener('SIGTERM', listener);
    },
  };
}
