import type { SandboxLimits } from '#libs/sandbox';

/** How one executor works. Directories are absolute and its alone. */
export interface ExecutorSettings {
  /** The name that people see. */
  readonly name: string;
  readonly version: string;
  readonly labels: readonly string[];
  /** Attempts at once, >= 1. */
  readonly slots: number;
  readonly sandbox: 'auto' | 'process' | 'oci';
  /** Whether steps may run as plain processes; if not, that driver is not offered. */
  readonly allowsProcessDriver: boolean;
  /** Directories put first in a step's PATH; if they are not of the system they are shown read-only in the sandbox. */
  readonly hostPath: readonly string[];
  /** The executor's own PATH; what of it a step searches last is decided in step-environment.ts. */
  readonly ownPath: string;
  /** Further directories shown read-only in the sandbox. */
  readonly hostBinds: readonly string[];
  /** Holds the executor's id, and what an attempt needs beside its workspace. */
  readonly stateDir: string;
  /** Holds the workspaces and the steps' HOMEs; outside of every repository, project and data directory. */
  readonly workspacesDir: string;
  /** Directories that held the workspaces before. */
  readonly formerWorkspacesDirs?: readonly string[];
  /** Between TERM and KILL, default 10,000. */
  readonly graceMs: number;
  /** Limit of one attempt's log. */
  readonly logBytesMax: number;
  /** Limit of all artifacts of one attempt together. */
  readonly artifactBytesMax: number;
  /** How long the workspace of a failed run is kept. */
  readonly workspaceKeepMs: number;
  /** Limit of all kept workspaces together; the oldest go first. */
  readonly workspaceBytesMax: number;
  /** Limits of each attempt. */
  readonly limits: SandboxLimits;
}
