import type { Refusal } from './answer.ts';
import type { Capacity } from './ports.ts';

export interface AdmissionLimits {
  /** Bytes. */
  readonly diskFreeMin: number;
  readonly queuedStepsMax: number;
}

/**
 * Nothing new is taken while the server drains, the disk is nearly full or too much waits; what runs goes on.
 *
 * @throws Fault of the capacity's read models
 */
export async function refuseByLoad(
  capacity: Capacity,
  limits: AdmissionLimits,
): Promise<Refusal | undefined> {
  if (capacity.isDraining())
    return {
      code: 'server.draining',
      message: 'the server is shutting down',
      retryAfterSeconds: 5,
    };
  const free = await capacity.freeBytes();
  if (free < limits.diskFreeMin)
    return {
      code: 'server.disk-low',
      message: `${Math.floor(free / 1048576)} MiB are free where the data directory or the workspaces lie`,
      retryAfterSeconds: 60,
    };
  const queued = await capacity.queuedSteps();
  if (queued >= limits.queuedStepsMax)
    return {
      code: 'server.overloaded',
      message: `${queued} steps wait already`,
      retryAfterSeconds: 10,
    };
  return undefined;
}
