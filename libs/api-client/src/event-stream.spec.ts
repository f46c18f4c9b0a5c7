import { expect, it } from 'vitest';
import { Fault } from '#libs/kernel';
import { followStream } from './event-stream.ts';

const sent = (id: number) => new Response(`id: ${id}\nevent: e\ndata: ${id}\n\n`);

it('says once that the server is away, and goes on behind what came when it is back', async () => {
  const away = () => Promise.reject(new Fault('server.unreachable', 'backoff', 'nobody'));
  const answers = [() => sent(1), away, away, away, () => sent(2)];
  const abort = new AbortController();
  const [asked, seen]: [number[], unknown[]] = [[], []];
  let said = 0;
  const stream = followStream({
    after: 0,
    signal: abort.signal,
    open: async (after) => {
      asked.push(after);
      return (answers.shift() ?? away)();
    },
    onAway: () => {
      said += 1;
    },
  });
  for await (const { data } of stream) {
    seen.push(data);
    if (data === 2) break;
  }
  abort.abort();
  expect(seen).toEqual([1, 2]);
  expect(asked).toEqual([0, 1, 1, 1, 1]);
  expect(said).toBe(1);
});
