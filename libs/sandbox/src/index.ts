export { everySandbox, isOfUserland } from './every-sandbox.ts';
export { exitReason } from './exit-reason.ts';
export { machineMemoryBytes } from './machine-memory.ts';
export { markerVariable as sandboxMarker } from './marker.ts';
export { parseMountTable, wayTo } from './oci/mount-table.ts';
export type {
  ReapedSandbox,
  Sandbox,
  SandboxDriver,
  SandboxExit,
  SandboxLack,
  SandboxLimits,
  SandboxOutput,
  SandboxProbe,
  SandboxSpec,
} from './sandbox.ts';
export { createSandboxDrivers, probeSandboxes, type TriedDriver } from './sandboxes.ts';
export { type DriverSettings, isChosen, requireUsable } from './usable-drivers.ts';
