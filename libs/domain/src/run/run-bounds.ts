import {
  higherIsolation,
  type Isolation,
  isWithin,
  lesserNetwork,
  type Network,
  type Plan,
} from '#libs/events';

/** What an operator has set; unset means the default, which is wider for a caller who may use the host. */
export interface BoundSettings {
  readonly isolationMin: Isolation | undefined;
  readonly networkMax: Network | undefined;
}

/** What the server lets somebody's runs have. Decided by the caller's permissions, never by what the call says. */
export interface RunBounds {
  readonly isolationMin: Isolation;
  readonly networkMax: Network;
  /** Of steps whose file says nothing about it. */
  readonly networkDefault: Network;
}

/**
 * A caller who may use the host could run the same commands without us, so nothing is kept from them by default. What is set
 * holds for everybody. Others get the network only for steps that ask for it, however far `networkMax` goes.
 */
export function runBounds(settings: BoundSettings, mayUseHost: boolean): RunBounds {
  const networkMax = settings.networkMax ?? (mayUseHost ? 'host' : 'none');
  return {
    isolationMin: settings.isolationMin ?? (mayUseHost ? 'none' : 'standard'),
    networkMax,
    networkDefault: mayUseHost ? networkMax : 'none',
  };
}

/** What a run gets. More isolation may be asked for, never less. @param asked  of the call, or of the run that is repeated */
export function grantRun(
  bounds: RunBounds,
  asked: { readonly isolation?: Isolation | undefined; readonly network?: Network | undefined },
): { readonly isolation: Isolation; readonly network: Network } {
  return {
    isolation: higherIsolation(asked.isolation ?? 'none', bounds.isolationMin),
    network: lesserNetwork(asked.network ?? bounds.networkDefault, bounds.networkDefault),
  };
}

/** The first step that asks for more network than is allowed. */
export function stepBeyondNetwork({ steps }: Plan, { networkMax }: RunBounds): string | undefined {
  return steps.find(({ network }) => !isWithin(network, networkMax))?.id;
}
