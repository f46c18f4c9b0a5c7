import { type Isolation, isAtLeast } from '#libs/events';
import { Fault } from '#libs/kernel';
import type { SandboxProbe } from '#libs/sandbox';

/**
 * The driver of an attempt: the strongest that works, whatever the floor. A floor is refused, never lowered.
 *
 * @param usable  as `requireUsable` answers
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
