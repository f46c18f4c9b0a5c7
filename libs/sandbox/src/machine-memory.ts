import { totalmem } from 'node:os';

/** Memory of the machine, or of the container that this process lives in. */
export function machineMemoryBytes(): number {
  // 0 where nothing constrains it, and beyond all memory where version 1 of cgroups says so.
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
