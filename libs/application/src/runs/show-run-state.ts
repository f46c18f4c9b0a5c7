import type { RunDto } from '#libs/api-contract';
import { type Answer, accepted, refused } from '../answer.ts';
import type { Caller } from '../ports.ts';
import type { HistoryEnd, RunViews } from './run-views.ts';

/** A run as it was, folded from its events. */
export class ShowRunState {
  readonly #views: RunViews;

  constructor({ views }: { readonly views: RunViews }) {
    this.#views = views;
  }

  /**
   * @param run  uuid, number or `latest`
   * @param at   a position (digits only) or an RFC 3339 instant; absent means now
   */
  async execute(caller: Caller, run: string, at?: string): Promise<Answer<RunDto>> {
    const end = historyEnd(at);
    const view = await this.#views.find(caller, run, end.ok ? end.value : {});
    return view.ok && !end.ok ? end : view;
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
