import { isAtLeast } from '#libs/events';
import { Fault } from '#libs/kernel';
import type { SandboxProbe } from './sandbox.ts';

/** Which drivers may be used, apart from which work. */
export interface DriverSettings {
  /** `auto` allows all drivers. One that is not allowed cannot stop the start, whatever is wrong with it. */
  readonly sandbox: 'auto' | SandboxProbe['driver'];
  readonly allowsProcessDriver: boolean;
}

/** Whether the setting leaves a driver out. */
export function isChosen(driver: SandboxProbe['driver'], { sandbox }: DriverSettings): boolean {
  return sandbox === 'auto' || sandbox === driver;
}

/**
 * The drivers that an executor can use; `doctor` shows the same.
 *
 * @returns the drivers that work and that the settings allow, the strongest first
 * @throws Fault `executor.driver-refused`, `sandbox.unavailable`: an executor without a driver does not start
 */
export function requireUsable(
  probes: readonly SandboxProbe[],
  settings: DriverSettings,
): readonly SandboxProbe[] {
  const usable = usableDrivers(probes, settings);
  if (usable.length > 0) return usable;
  if (usableDrivers(probes, { ...settings, allowsProcessDriver: true }).length > 0) {
    throw new Fault(
      'executor.driver-refused',
      'never',
      'only the process driver works here, whose steps are not isolated, and the server listens beyond loopback',
    );
  }
  const notes = probes.flatMap(({ driver, notes: words }) =>
    words.map((word) => `${driver}: ${word}`),
  );
  throw new Fault(
    'sandbox.unavailable',
    'never',
    `no sandbox driver works here (${notes.join('; ')})`,
  );
}

/** The drivers that work and that the settings allow, the strongest first. */
function usableDrivers(
  probes: readonly SandboxProbe[],
  settings: DriverSettings,
): readonly SandboxProbe[] {
  return probes
    .filter(({ works, driver }) => works && isChosen(driver, settings))
    .filter(({ driver }) => driver !== 'process' || settings.allowsProcessDriver)
    .toSorted((left, right) => weakness(left, right) - weakness(right, left));
}

/** 1 if it gives less than the other, else 0. */
function weakness({ isolation }: SandboxProbe, other: SandboxProbe): number {
  return Number(!isAtLeast(isolation, other.isolation));
}
