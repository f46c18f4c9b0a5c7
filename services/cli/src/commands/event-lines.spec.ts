import { describe, expect, it } from 'vitest';
import type { EventDto } from '#libs/api-contract';
import { eventLine } from './events.ts';
import { timelineLine } from './replay.ts';

const hash = '0123456789abcdef'.repeat(20);
const event = {
  position: 7,
  time: '2026-01-01T00:00:01.000Z',
  type: 'run.queued',
  stream: 'run-1',
  data: { planHash: hash },
} as unknown as EventDto;
const startMs = Date.parse('2026-01-01T00:00:00.000Z');

describe.each([
  ['replay', (isCut: boolean) => timelineLine(event, { startMs, isCut })],
  ['events', (isCut: boolean) => eventLine(event, isCut)],
])('a line of %s', (_, line) => {
  it('is whole in a pipe', () => expect(line(false)).toContain(hash));
  it('is cut on a terminal, and says so', () => {
    expect(line(true)).toMatch(/[0-9a-f]…$/);
    expect(line(true)).not.toContain(hash);
  });
});
