import { planStep } from './recorded-log.ts';
import { SchedulingStory } from './scheduling-story.ts';

const labels = ['linux', 'gpu', 'arm'];
const isolations = ['none', 'standard', 'strict'] as const;

/**
 * A possible history of runs and executors: each number makes one thing happen, of those that may happen then. Equal
 * numbers give equal histories, so a property test can shrink them.
 */
export class RandomHistory {
  readonly story = new SchedulingStory();
  readonly #executors: string[] = [];
  readonly #ready: [run: string, step: string, attempt: number][] = [];
  readonly #held: [run: string, step: string, attempt: number, executor: string][] = [];
  readonly #runs = new Set<string>();
  #count = 0;

  act(choice: number): void {
    const kind = choice % 8;
    const rest = Math.floor(choice / 8);
    if (kind <= 1) this.#newRun(rest);
    else if (kind === 2) this.#newExecutor(rest);
    else if (kind <= 4) this.#assign(rest);
    else if (kind === 5) this.#finish(rest);
    else if (kind === 6) this.#loseAttempt(rest);
    else if (rest % 3 === 0) this.#endExecutor(rest);
    else this.#endRun(rest);
  }

  #newRun(rest: number): void {
    this.#count += 1;
    const run = `run${this.#count}`;
    const steps = Array.from({ length: 1 + (rest % 4) }, (_, at) => {
      const wanted = labels.filter((_label, bit) => ((rest >> (bit + at)) & 3) === 3);
      const isolation = isolations[(rest >> at) % 5] ?? 'none';
      return planStep(`s${at}`, { labels: wanted, isolation });
    });
    this.story.ready(run, steps);
    this.#runs.add(run);
    for (const { id } of steps) this.#ready.push([run, id, 1]);
  }

  #newExecutor(rest: number): void {
    this.#count += 1;
    const name = `executor${this.#count}`;
    const own = labels.filter((_, bit) => ((rest >> bit) & 1) === 1);
    const isolation = isolations[rest % 3] ?? 'none';
    this.story.executor(name, { slots: 1 + (rest % 3), labels: own, isolation });
    this.#executors.push(name);
  }

  #assign(rest: number): void {
    const executor = this.#executors[rest % Math.max(1, this.#executors.length)];
    const [one] = this.#ready.splice(rest % Math.max(1, this.#ready.length), 1);
    if (one === undefined) return;
    const [run, step, attempt] = one;
    if (executor === undefined) {
      this.#ready.push(one);
      return;
    }
    this.story.assign(run, step, { executor, attempt });
    if (rest % 2 === 0) this.story.start(run, step, executor, attempt);
    this.#held.push([run, step, attempt, executor]);
  }

  #finish(rest: number): void {
    const [one] = this.#held.splice(rest % Math.max(1, this.#held.length), 1);
    if (one !== undefined) this.story.finish(one[0], one[1], one[2]);
  }

  #loseAttempt(rest: number): void {
    const [one] = this.#held.splice(rest % Math.max(1, this.#held.length), 1);
    if (one === undefined) return;
    const [run, step, attempt] = one;
    this.story.loseAttempt(run, step, attempt);
    this.story.retry(run, step, { attempt: attempt + 1, inMs: rest % 1_000 });
    if (rest % 2 === 0) return;
    this.story.queue(run, step, attempt + 1);
    this.#ready.push([run, step, attempt + 1]);
  }

  #endExecutor(rest: number): void {
    const [name] = this.#executors.splice(rest % Math.max(1, this.#executors.length), 1);
    if (name === undefined) return;
    if (rest % 2 === 0) this.story.drain(name);
    else this.story.lose(name, rest % 5 === 0 ? 'replaced' : 'silent');
  }

  #endRun(rest: number): void {
    const run = [...this.#runs][rest % Math.max(1, this.#runs.size)];
    if (run === undefined) return;
    this.#runs.delete(run);
    this.story.end(run, rest % 2 === 0 ? 'success' : 'failure');
    for (const list of [this.#ready, this.#held]) {
      const kept = list.filter(([name]) => name !== run);
      list.splice(0, list.length, ...(kept as never[]));
    }
  }
}
