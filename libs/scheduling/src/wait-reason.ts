import type { WaitReason } from '#libs/events';
import type { Lane } from './lane.ts';

/**
 * Why the steps of a lane wait: nobody has these labels (or this isolation) → `labels`, all who have are full →
 * `slots`. `dependency` and `retry-delay` need no scheduler: such steps are not in a lane.
 */
export function waitReason(lane: Lane): WaitReason {
  return lane.executors.length === 0 ? 'labels' : 'slots';
}
