import { type Isolation, isAtLeast } from '#libs/events';
import { Fault } from '#libs/kernel';
import type { SandboxProbe } from '#libs/sandbox';
import type { ExecutorSettings } from './settings.ts';

type Settings = Pick<ExecutorSettings, 'sandbox' | 'allowsProcessDriver'>;

/** The drivers that work and that the settings allow, the strongest first. */
export function usableDrivers(
  probes: readonly SandboxProbe[],
  { sandbox, allowsProcessDriver }: Settings,
): readonly SandboxProbe[] {
  return probes
    .filter(({ works, driver }) => works && (sandbox === 'auto' || sandbox === driver))
    .filter(({ driver }) => driver !== 'process' || allowsProcessDriver)
    .toSorted((left, right) => weakness(left, right) - weakness(right, left));
}

/**
 * The driver of an attempt: the strongest that works, whatever the floor. A floor is refused, never lowered.
 *
 * @param usable  as `usableDrivers` answers
 * @throws Fault `isolation.unavailable`
 */
export function chooseDriver(usable: readonly SandboxProbe[], floor: Isolation): SandboxProbe {
  const [strongest] = usable;
  if (strongest && isAtLeast(strongest.isolation, floor)) return strongest;
  const best = strongest?.isolation ?? 'nothing';
  throw new Fault(
    'isolation.unavailable',
    'never',
    `the step asks for isolation ${floor}; this executor gives ${best}`,
  );
}

/** 1 where it gives less than the other, else 0. */
function weakness({ isolation }: SandboxProbe, other: SandboxProbe): number {
  return Number(!isAtLeast(isolation, other.isolation));
}
