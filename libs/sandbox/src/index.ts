export { type ExitFacts, type ExitReason, exitReason } from './exit-reason.ts';
export type {
  Sandbox,
  SandboxDriver,
  SandboxExit,
  SandboxOutput,
  SandboxProbe,
  SandboxSpec,
} from './sandbox.ts';
export { createSandboxDrivers, probeSandboxes } from './sandboxes.ts';
