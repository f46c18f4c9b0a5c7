import { Controller, Inject } from '@nestjs/common';
import { attemptKey, operations } from '#libs/api-contract';
import { API_PARTS, type ApiParts } from '../api.parts.ts';
import { runEvents } from '../events/run-events.ts';
import { eventText, resumedAfter } from '../events/stream-events.ts';
import { requireInLog, requireRunId } from '../http/reading.ts';
import { type Call, Input, Route } from '../http/route.ts';
import { sendEvents } from '../http/send-events.ts';
import { inBlocks } from './log-text.ts';
import { type FeedItem, runFeed } from './run-feed.ts';
import { seenOfRun } from './seen-of-run.ts';

/** All that a follower of a run needs, in one stream: the run's events are read once, however many steps it has. */
@Controller()
export class StreamRunController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  @Route(operations.streamRun)
  async stream(
    @Input(operations.streamRun) call: Call<typeof operations.streamRun>,
  ): Promise<void> {
    const { parts } = this;
    const runId = await requireRunId(parts, call.params.id);
    const after = await requireInLog(parts, resumedAfter(call.headers) ?? call.query.after);
    const seen = await seenOfRun(parts, runId, after);
    if (seen.isOver) {
      await call.reply.status(204).send();
      return;
    }
    const lines = new Map(call.query.lines?.map((log) => [attemptKey(log), log.from]));
    const running = seen.running.map((log) => ({
      ...log,
      from: lines.get(attemptKey(log)) ?? 1,
    }));
    await sendEvents(call.reply, (abort) => {
      const events = runEvents(parts, runId, { after, afterVersion: seen.version, abort });
      return inBlocks(runFeed({ runId, events, logs: parts.logs, running, abort }), itemText);
    });
  }
}

function itemText(item: FeedItem): string {
  if ('event' in item) return eventText(item.event);
  return `event: log\ndata: ${JSON.stringify({ ...item.at, ...item.line })}\n\n`;
}
