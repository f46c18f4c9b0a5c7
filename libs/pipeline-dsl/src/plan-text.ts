import { type Plan, type PlanStep, planHash } from '#libs/events';
import { formatDuration } from '#libs/kernel';
import { levelsOf } from './graph.ts';
import { limits } from './limits.ts';

/** The plan for people: one block per level, steps of a level can run beside each other. Ends with a line end. */
export function planText(plan: Plan): string {
  const levels = levelsOf(plan.steps);
  const width = Math.min(32, Math.max(...plan.steps.map(({ id }) => id.length)));
  const lines = [
    `${plan.name}: ${count(plan.steps.length, 'step')} in ${count(levels.length, 'level')}, plan ${planHash(plan).slice(0, 12)}`,
  ];
  for (const [name, input] of Object.entries(plan.inputs)) {
    const kind = input.values ? input.values.join('|') : input.type;
    const value =
      input.default === undefined ? 'must be given' : `default ${JSON.stringify(input.default)}`;
    lines.push(`input ${name}: ${kind}, ${value}`);
  }
  const checkout = checkoutOf(plan);
  if (checkout !== '') lines.push(`source: ${checkout}`);
  levels.forEach((level, index) => {
    lines.push('');
    level.forEach((step, place) => {
      const number = place === 0 ? String(index + 1).padStart(3) : '   ';
      lines.push(`${number}  ${step.id.padEnd(width)}  ${firstLine(step)}`);
      const facts = factsOf(step);
      if (facts !== '') lines.push(`     ${' '.repeat(width)}  ${facts}`);
    });
  });
  return `${lines.join('\n')}\n`;
}

function checkoutOf({ checkout = {} }: Plan): string {
  const { depth, tags, submodules } = checkout;
  return [
    depth === 'full' && 'the whole history',
    typeof depth === 'number' && `depth ${depth}`,
    tags === false && 'no tags',
    submodules && (submodules === 'recursive' ? 'submodules and theirs' : 'submodules'),
  ]
    .filter((fact) => typeof fact === 'string')
    .join(' · ');
}

function firstLine({ commands }: PlanStep): string {
  const [first = ''] = commands;
  const [line = ''] = first.trim().split('\n', 1);
  const short = line.length > 70 ? `${line.slice(0, 69)}…` : line;
  const more = commands.length - 1;
  const rest = more > 0 ? ` (and ${count(more, 'command')} more)` : '';
  return `$ ${short}${rest || (line === first.trim() ? '' : ' …')}`;
}

/** Only what differs from the defaults. */
function factsOf(step: PlanStep): string {
  const { retry } = step;
  return [
    step.dependsOn.length > 0 && `after ${step.dependsOn.join(', ')}`,
    step.timeoutMs !== limits.timeoutMsDefault && `timeout ${formatDuration(step.timeoutMs)}`,
    retry.max > 0 && `up to ${retry.max + 1} attempts`,
    step.allowFailure && 'may fail',
    step.image !== 'host' && `image ${step.image}`,
    (step.network !== 'none' || step.networkSaid) && `network ${step.network}`,
    step.shell && `shell ${[step.shell].flat().join(' ')}`,
    step.isolation && `isolation ${step.isolation}`,
    step.streams && 'stdout and stderr apart',
    step.labels.length > 0 && `needs ${step.labels.join(', ')}`,
    step.artifacts.length > 0 && `keeps ${step.artifacts.join(', ')}`,
  ]
    .filter((fact) => typeof fact === 'string')
    .join(' · ');
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
