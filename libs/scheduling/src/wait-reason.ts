import type { WaitReason } from '#libs/events';
import type { Lane } from './lane.ts';

/**
 * Why the steps of a lane wait. `labels`: no executor has these labels and this isolation. `slots`: those that have are
 * full. Steps that wait for a dependency or a retry's delay are not in a lane.
 */
export function waitReason(lane: Lane): WaitReason {
  return lane.executors.length === 0 ? 'labels' : 'slots';
}
