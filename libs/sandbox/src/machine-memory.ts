import { totalmem } from 'node:os';

/** Memory of the machine, or of the container that this process lives in. */
export function machineMemoryBytes(): number {
  // 0 if nothing constrains it; version 1 of cgroups then says a number beyond all memory.
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
