import type { operations, Page, QueryOf, RunArtifact } from '#libs/api-contract';
import { type Answer, accepted, refused } from '../answer.ts';
import { cursorOf, placeOf } from '../cursor.ts';
import { foreignCursor } from '../events/events-page.ts';
import type { Caller } from '../ports.ts';
import { artifactsOf } from './run-artifacts.ts';
import type { RunViews } from './run-views.ts';

/** The artifacts of a run, in pages. */
export class ListRunArtifacts {
  readonly #views: RunViews;

  constructor({ views }: { readonly views: RunViews }) {
    this.#views = views;
  }

  /** @param run  uuid, number or `latest` */
  async execute(
    caller: Caller,
    run: string,
    { cursor, limit }: QueryOf<typeof operations.listRunArtifacts>,
  ): Promise<Answer<Page<RunArtifact>>> {
    const view = await this.#views.find(caller, run);
    if (!view.ok) return view;
    const artifacts = artifactsOf(view.value);
    const from = cursor === undefined ? 0 : placeOf(cursor);
    if (from === undefined) return refused(foreignCursor);
    const to = from + limit;
    const next = to < artifacts.length ? cursorOf(to) : null;
    return accepted({ items: artifacts.slice(from, to), next });
  }
}
