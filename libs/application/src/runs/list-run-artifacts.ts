import type { operations, Page, QueryOf, RunArtifact } from '#libs/api-contract';
import { type Answer, accepted, refused } from '../answer.ts';
import { cursorOf, placeOf } from '../cursor.ts';
import { foreignCursor } from '../events/events-page.ts';
import type { Reading } from '../reading.ts';
import { loadRunView, type RunViewParts } from './load-run-view.ts';
import { artifactsOf } from './run-artifacts.ts';

export interface ListRunArtifactsParts extends RunViewParts {
  readonly reading: Reading;
}

/** The artifacts of a run, in pages. */
export class ListRunArtifacts {
  readonly #parts: ListRunArtifactsParts;

  constructor(parts: ListRunArtifactsParts) {
    this.#parts = parts;
  }

  /** @param run  uuid, number or `latest` */
  async execute(
    run: string,
    { cursor, limit }: QueryOf<typeof operations.listRunArtifacts>,
  ): Promise<Answer<Page<RunArtifact>>> {
    const { reading } = this.#parts;
    await reading.refuseByAge();
    const found = await reading.runId(run);
    if (!found.ok) return found;
    const view = await loadRunView(this.#parts, found.value);
    if (!view.ok) return view;
    const artifacts = artifactsOf(view.value);
    const from = cursor === undefined ? 0 : placeOf(cursor);
    if (from === undefined) return refused(foreignCursor);
    const to = from + limit;
    const next = to < artifacts.length ? cursorOf(to) : null;
    return accepted({ items: artifacts.slice(from, to), next });
  }
}
