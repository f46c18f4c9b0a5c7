import {
  higherIsolation,
  type Isolation,
  isWithin,
  lesserNetwork,
  type Network,
  type Plan,
} from '#libs/events';

/** The operator's settings. Undefined means the default, which is wider for a caller who may use the host. */
export interface BoundSettings {
  readonly isolationMin: Isolation | undefined;
  readonly networkMax: Network | undefined;
}

/** What a caller's runs may have. The caller's permissions decide it, never the content of the call. */
export interface RunBounds {
  readonly isolationMin: Isolation;
  readonly networkMax: Network;
  /** The network of steps whose file says nothing about it. */
  readonly networkDefault: Network;
}

/**
 * The bounds of a caller's runs. A caller who may use the host could run the same commands without Millrace, so by default
 * there are no bounds. Settings hold for everybody. Other callers' steps get the network only if their file asks for it,
 * even if `networkMax` allows more.
 */
export function runBounds(settings: BoundSettings, mayUseHost: boolean): RunBounds {
  const networkMax = settings.networkMax ?? (mayUseHost ? 'host' : 'none');
  return {
    isolationMin: settings.isolationMin ?? (mayUseHost ? 'none' : 'standard'),
    networkMax,
    networkDefault: mayUseHost ? networkMax : 'none',
  };
}

/**
 * What a run gets. A caller may ask for more isolation, never for less.
 *
 * @param asked  by the call, or by the run that is retried
 */
export function grantRun(
  bounds: RunBounds,
  asked: { readonly isolation?: Isolation | undefined; readonly network?: Network | undefined },
): { readonly isolation: Isolation; readonly network: Network } {
  return {
    isolation: higherIsolation(asked.isolation ?? 'none', bounds.isolationMin),
    network: lesserNetwork(asked.network ?? bounds.networkDefault, bounds.networkDefault),
  };
}

/** The first step that asks for more network than the bounds allow. */
export function stepBeyondNetwork({ steps }: Plan, { networkMax }: RunBounds): string | undefined {
  return steps.find(({ network }) => !isWithin(network, networkMax))?.id;
}
