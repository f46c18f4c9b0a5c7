/** Ctrl-C and TERM as a wish of the person, not as the end of this process. */
export interface Interrupt {
  wasInterrupted(): boolean;
  /** Gives the signals back: the next one ends the process. */
  release(): void;
}

/** @param handle  gets how often it was wished for, from 1; what it throws is ignored (the run may have ended meanwhile) */
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
