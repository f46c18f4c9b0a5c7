import type { RunDto } from '#libs/api-contract';
import { type Answer, accepted, refused } from '../answer.ts';
import { type People, withItsNames } from '../people.ts';
import type { Caller } from '../ports.ts';
import type { HistoryEnd, RunViews } from './run-views.ts';

export interface ShowRunStateParts {
  readonly views: RunViews;
  readonly people: People;
}

/** A run as it was, folded from its events. */
export class ShowRunState {
  readonly #parts: ShowRunStateParts;

  constructor(parts: ShowRunStateParts) {
    this.#parts = parts;
  }

  /**
   * @param run  uuid, number or `latest`
   * @param at   a position (digits only) or an RFC 3339 instant; absent means now
   */
  async execute(caller: Caller, run: string, at?: string): Promise<Answer<RunDto>> {
    const end = historyEnd(at);
    const { views, people } = this.#parts;
    const view = await views.find(caller, run, end.ok ? end.value : {});
    if (!view.ok) return view;
    if (!end.ok) return end;
    return accepted(await withItsNames(people, caller.origin.tenant, view.value));
  }
}

function historyEnd(at: string | undefined): Answer<HistoryEnd> {
  if (at === undefined) return accepted({});
  if (/^\d{1,15}$/.test(at)) return accepted({ position: Number(at) });
  const isInstant =
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/.test(at);
  if (isInstant && !Number.isNaN(Date.parse(at))) return accepted({ time: at });
  return refused({
    code: 'request.invalid',
    message: 'at must be a position or an RFC 3339 time',
    errors: [{ pointer: '/query/at', detail: 'expected a position or an RFC 3339 time' }],
  });
}
