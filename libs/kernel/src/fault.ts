import type { ErrorCode } from './errors.ts';

/** The world failed. Only adapters throw it; only loops, workers and borders catch it. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: ErrorCode;
  /** Whether trying the same again can help. */
  readonly retry: 'never' | 'backoff';

  constructor(
    code: ErrorCode,
    retry: 'never' | 'backoff',
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.code = code;
    this.retry = retry;
  }
}
