import { higherIsolation, type Isolation, isAtLeast, type Plan } from '#libs/events';
import { type Demand, fits, type Offer, providesImages, stepNeeds } from './demand.ts';

/** Why no executor can take a step now, or why none that takes it can do what it asks for. */
export interface Misfit {
  /** The key of the pipeline file that cannot be met. */
  readonly about: 'labels' | 'isolation' | 'image' | 'network';
  /** One sentence without a full stop, with what is asked for. */
  readonly message: string;
  /** What the executors have instead. */
  readonly hint: string;
  /**
   * Present if a run is refused for it, with the most isolation that there is. Absent if the run is accepted, because a
   * fitting executor may come.
   */
  readonly refusal?: { readonly strongest: Isolation };
}

/**
 * Judges a step before its run starts. An isolation that no executor gives is a refusal, because every executor would refuse
 * the step. If there are no executors at all there is no misfit: they may be starting.
 *
 * @param offers  of the executors that take steps now
 * @throws BugError if the plan has no such step
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
  // If the file says nothing, it is the server that allows no network; it warns at its start if it cannot enforce that.
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

/** Lists each item once; a long list is cut. */
function each(items: readonly string[]): string {
  const once = [...new Set(items)];
  return once.length > 20 ? `${once.slice(0, 20).join(', ')} …` : once.join(', ');
}
