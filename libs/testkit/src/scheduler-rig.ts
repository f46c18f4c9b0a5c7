import { silentLogger } from '#libs/telemetry';
import type { Freezer } from './freezer.ts';
import { SimulatedWorld } from './simulated-world.ts';

type ProcessParts = ReturnType<SimulatedWorld['process']>['parts'];
export type RigParts = ProcessParts & {
  readonly holder: string;
  readonly logger: typeof silentLogger;
};

/** A simulated world with schedulers in it; the spec says how one is made of its parts. */
export class SchedulerRig<S extends { start(): void; stop(): Promise<void> }, Over extends object> {
  readonly world = new SimulatedWorld();
  readonly started: S[] = [];
  readonly #freezers: Freezer[] = [];
  readonly #make: (parts: RigParts, over: Partial<Over>) => S;

  constructor(make: (parts: RigParts, over: Partial<Over>) => S) {
    this.#make = make;
  }

  scheduler(holder: string, over: Partial<Over> = {}): { made: S; freezer: Freezer } {
    const { freezer, parts } = this.world.process();
    const made = this.#make({ ...parts, holder, logger: silentLogger }, over);
    made.start();
    this.started.push(made);
    this.#freezers.push(freezer);
    return { made, freezer };
  }

  async seconds(count: number): Promise<void> {
    await this.world.clock.advance(count * 1_000);
  }

  async close(): Promise<void> {
    this.world.close();
    for (const freezer of this.#freezers) freezer.thaw();
    const stopped = Promise.all(this.started.map((scheduler) => scheduler.stop()));
    await this.world.clock.advance(5_000);
    await stopped;
  }
}
