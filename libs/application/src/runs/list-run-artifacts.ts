import type { operations, Page, QueryOf, RunArtifact } from '#libs/api-contract';
import { type Answer, accepted } from '../answer.ts';
import { cursorOf, placeOf } from '../place-cursor.ts';
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
    const from = placeOf(cursor, 0);
    if (!from.ok) return from;
    const to = from.value + limit;
    const next = to < artifacts.length ? cursorOf(to) : null;
    return accepted({ items: artifacts.slice(from.value, to), next });
  }
}
