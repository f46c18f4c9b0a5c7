import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { OciSandboxDriver } from './oci/oci-driver.ts';
import { ProcessSandboxDriver } from './process-sandbox.ts';
import type { SandboxDriver, SandboxProbe, SandboxTrial } from './sandbox.ts';
import { Spawner } from './spawner.ts';

/**
 * Every driver of an executor, each with a directory of its own below `stateDir`, and one spawner for all of them.
 *
 * @param hidden  directories of the machine that must never be seen in a sandbox
 */
export function createSandboxDrivers(
  stateDir: string,
  hidden: readonly string[],
): readonly SandboxDriver[] {
  const spawner = new Spawner();
  return [
    new OciSandboxDriver(join(stateDir, 'oci'), { spawner, hidden }),
    new ProcessSandboxDriver(join(stateDir, 'process'), { spawner }),
  ];
}

/** The result of trying a driver. */
export interface TriedDriver extends SandboxProbe {
  /** Set if an executor with this driver would not start, because its settings ask it to show what it must not. */
  readonly isRefused?: true;
}

/** Tries the drivers for `millrace doctor`. Tries each driver in a directory of its own. */
export async function probeSandboxes(options: {
  readonly stateDir: string;
  readonly hidden: readonly string[];
  readonly trial: SandboxTrial;
}): Promise<readonly TriedDriver[]> {
  const directory = join(options.stateDir, `doctor-${process.pid}`);
  try {
    const drivers = createSandboxDrivers(directory, options.hidden);
    return await Promise.all(
      drivers.map((driver) =>
        driver.probe(options.trial).catch((error: Error) => refusedProbe(driver.kind, error)),
      ),
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function refusedProbe(driver: SandboxProbe['driver'], error: Error): TriedDriver {
  return {
    driver,
    works: false,
    notes: [error.message],
    isolation: 'none',
    enforces: [],
    isRefused: true,
  };
}
