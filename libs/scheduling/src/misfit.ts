import { higherIsolation, type Isolation, isAtLeast, type Plan } from '#libs/events';
import { type Demand, fits, type Offer, providesImages, stepNeeds } from './demand.ts';

/** Why no executor can take a step as things are, or none that takes it can do what it asks. */
export interface Misfit {
  /** The key of the pipeline file that asks for it. */
  readonly about: 'labels' | 'isolation' | 'image' | 'network';
  /** One sentence without a full stop, with what is asked for. */
  readonly message: string;
  /** What there is. */
  readonly hint: string;
  /** Where a run is refused for it: the most isolation that there is. Else it is accepted, since an executor may come. */
  readonly refusal?: { readonly strongest: Isolation };
}

/**
 * Judges a step before anybody waits for it. A floor that nobody gives is refused, as whoever runs the step would refuse it.
 * Where no executor is there at all nothing is said: they may only be on their way.
 *
 * @param offers  of the executors that take steps now
 * @throws BugError where the plan has no such step
 */
export function misfitOf(
  plan: Plan,
  step: string,
  { floor, offers }: { readonly floor: Isolation; readonly offers: readonly Offer[] },
): Misfit | undefined {
  if (offers.length === 0) return undefined;
  const { demand } = stepNeeds(plan, step, floor);
  if (!offers.some(({ isolation }) => isAtLeast(isolation, demand.isolation)))
    return isolationMisfit({ ...demand, labels: [] }, offers);
  const labelled = offers.filter((offer) => fits(offer, { ...demand, isolation: 'none' }));
  if (labelled.length === 0) return labelMisfit(demand.labels, offers);
  const fitting = labelled.filter((offer) => fits(offer, demand));
  if (fitting.length === 0) return isolationMisfit(demand, labelled);
  const { image = '', networkSaid, network } = plan.steps.find(({ id }) => id === step) ?? {};
  const drivers = each(fitting.flatMap((offer) => offer.drivers));
  if (demand.needsImage && !fitting.some(providesImages)) {
    const message = `no executor can provide the image "${image}"`;
    return { about: 'image', message, hint: `their drivers (${drivers}) have only image: host` };
  }
  // Where the file says nothing it is the server that gives no network; that it cannot keep to it is said at its start.
  if (!networkSaid || network !== 'none' || fitting.some(cutsNetwork)) return undefined;
  const message = 'no executor can enforce network: none';
  return {
    about: 'network',
    message,
    hint: `their drivers (${drivers}) keep no step from the network`,
  };
}

function cutsNetwork({ isolation }: Offer): boolean {
  return isAtLeast(isolation, 'standard');
}

function isolationMisfit({ labels, isolation }: Demand, offers: readonly Offer[]): Misfit {
  const among = labels.length > 0 ? ` with ${quoted(labels)}` : '';
  const given = offers.map((offer) => offer.isolation);
  return {
    about: 'isolation',
    message: `no executor${among} gives isolation: ${isolation}`,
    hint: `they give ${each(given)}`,
    refusal: { strongest: given.reduce(higherIsolation) },
  };
}

function labelMisfit(labels: readonly string[], offers: readonly Offer[]): Misfit {
  const had = new Set(offers.flatMap((offer) => [...offer.labels]));
  const missing = labels.filter((label) => !had.has(label));
  const message =
    missing.length > 0
      ? `no executor has the label${missing.length > 1 ? 's' : ''} ${quoted(missing)}`
      : `no executor has ${quoted(labels)} together`;
  const hint =
    had.size > 0
      ? `the labels that exist: ${each([...had].sort())}`
      : 'no executor has a label; the setting "labels" gives it some (MILLRACE_LABELS)';
  return { about: 'labels', message, hint };
}

function quoted(labels: readonly string[]): string {
  return labels.map((label) => `"${label}"`).join(', ');
}

/** Each once; a long list is told by its beginning. */
function each(items: readonly string[]): string {
  const once = [...new Set(items)];
  return once.length > 20 ? `${once.slice(0, 20).join(', ')} …` : once.join(', ');
}
