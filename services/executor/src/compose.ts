import { availableParallelism } from 'node:os';
import type { TenantBlobs } from '#libs/blobs';
import { allowsProcessDriver, type Config, inheritedEnvironment, stepLimits } from '#libs/config';
import type { WorkspacesPlace } from '#libs/data-dir';
import type { ExecutorGateway } from '#libs/executor-protocol';
import type { Clock, Ids, Timers } from '#libs/kernel';
import type { LogStore } from '#libs/logs';
import { createSandboxDrivers, machineMemoryBytes } from '#libs/sandbox';
import { createSourceProvider, gitAccessOf } from '#libs/sources';
import { type Logger, thisBuild } from '#libs/telemetry';
import { Executor } from './executor.ts';
import type { ExecutorSettings } from './settings.ts';

export interface ExecutorComposition {
  readonly config: Config;
  /** For people: the machine that it runs on. */
  readonly name: string;
  readonly gateway: ExecutorGateway;
  readonly logs: LogStore;
  readonly blobs: TenantBlobs;
  /** Its own: see `ExecutorSettings`. */
  readonly stateDir: string;
  readonly workspaces: WorkspacesPlace;
  /** Directories that no step may see. */
  readonly hidden: readonly string[];
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly logger: Logger;
}

/** The executor with the drivers of this machine, not started. */
export function composeExecutor(parts: ExecutorComposition): Executor {
  const { config, stateDir, hidden, blobs } = parts;
  return new Executor({
    ...parts,
    drivers: createSandboxDrivers(stateDir, hidden),
    sources: createSourceProvider(blobs, { access: gitAccessOf(config) }),
    settings: executorSettings(parts),
  });
}

function executorSettings(parts: ExecutorComposition): ExecutorSettings {
  const { config, name, stateDir, workspaces } = parts;
  return {
    name,
    version: thisBuild.version,
    labels: config.labels,
    // Most steps wait for the network or the disk half of their time.
    slots: config.slots ?? 2 * availableParallelism(),
    sandbox: config.sandbox,
    allowsProcessDriver: allowsProcessDriver(config),
    hostPath: config.hostPath,
    ownPath: inheritedEnvironment().PATH ?? '',
    hostBinds: config.hostBinds,
    stateDir,
    workspacesDir: workspaces.directory,
    formerWorkspacesDirs: workspaces.formerDirectories,
    graceMs: config.stopGrace,
    logBytesMax: config.logBytesMax,
    artifactBytesMax: config.artifactBytesMax,
    workspaceKeepMs: config.workspaceKeep,
    workspaceBytesMax: config.workspaceBytesMax,
    limits: stepLimits(config, machineMemoryBytes()),
  };
}
