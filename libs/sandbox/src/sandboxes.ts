import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { OciSandboxDriver } from './oci/oci-driver.ts';
import { ProcessSandboxDriver } from './process-sandbox.ts';
import type { SandboxDriver, SandboxProbe } from './sandbox.ts';
import { Spawner } from './spawner.ts';

/** Every driver of an executor, each with a directory of its own below `stateDir`, and one helper for all of them. */
export function createSandboxDrivers(stateDir: string): readonly SandboxDriver[] {
  const spawner = new Spawner();
  return [
    new OciSandboxDriver(join(stateDir, 'oci'), { spawner }),
    new ProcessSandboxDriver(join(stateDir, 'process'), { spawner }),
  ];
}

/** What works here, for people: `millrace doctor` shows it. Tries each driver in a directory of its own. */
export async function probeSandboxes(options: {
  readonly stateDir: string;
}): Promise<readonly SandboxProbe[]> {
  const directory = join(options.stateDir, `doctor-${process.pid}`);
  try {
    const drivers = createSandboxDrivers(directory);
    return await Promise.all(drivers.map((driver) => driver.probe()));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
