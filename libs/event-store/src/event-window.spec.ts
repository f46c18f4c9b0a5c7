import { describe, expect, it } from 'vitest';
import type { RecordedEvent } from '#libs/events';
import { EventWindow } from './event-window.ts';

const events = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, at) => ({ position: first + at }) as RecordedEvent);
const bytesMax = 1024 * 1024;
const positions = (found: readonly RecordedEvent[] | undefined) =>
  found?.map(({ position }) => position);

describe('EventWindow', () => {
  it('takes nothing before it knows where the log stands', () => {
    const window = new EventWindow({ eventsMax: 10, bytesMax });
    expect(window.push(events(1, 2))).toBe(false);
    expect(window.read(0, 10)).toBeUndefined();
    expect([window.isPlaced, window.newest]).toEqual([false, 0]);
  });

  it('grows by what follows, leaves out what it knows, and refuses a hole', () => {
    const window = new EventWindow({ eventsMax: 10, bytesMax });
    window.place(5);
    expect(window.push(events(7, 8))).toBe(false);
    expect(window.push(events(6, 7))).toBe(true);
    expect(window.push(events(6, 7))).toBe(false);
    expect(window.push(events(5, 9))).toBe(true);
    expect(window.push([...events(10, 10), ...events(12, 12)])).toBe(false);
    expect(window.push([])).toBe(false);
    expect(window.newest).toBe(9);
    expect(positions(window.read(5, 10))).toEqual([6, 7, 8, 9]);
    expect(positions(window.read(7, 1))).toEqual([8]);
    expect(positions(window.read(9, 10))).toEqual([]);
    expect(positions(window.read(100, 10))).toEqual([]);
    expect(window.read(4, 10)).toBeUndefined();
  });

  it('drops the oldest', () => {
    const window = new EventWindow({ eventsMax: 2, bytesMax });
    window.place(0);
    window.push(events(1, 5));
    expect(window.read(2, 10)).toBeUndefined();
    expect(positions(window.read(3, 10))).toEqual([4, 5]);
    window.clear();
    expect(window.isPlaced).toBe(false);
  });

  it('is bounded by the memory of its events, however few they are', () => {
    const window = new EventWindow({ eventsMax: 1_000, bytesMax });
    window.place(0);
    const large = (position: number) =>
      ({ position, data: { texts: [{ text: 'x'.repeat(60_000) }] } }) as unknown as RecordedEvent;
    for (let position = 1; position <= 500; position += 1) {
      expect(window.push([large(position)])).toBe(true);
      expect(window.bytes).toBeLessThanOrEqual(bytesMax);
    }
    expect(window.newest).toBe(500);
    expect(window.read(499, 10)).toHaveLength(1);
    expect(window.read(480, 10)).toBeUndefined();
    const tiny = new EventWindow({ eventsMax: 10, bytesMax: 10 });
    tiny.place(0);
    tiny.push([large(1), large(2)]);
    expect(positions(tiny.read(1, 10))).toEqual([2]);
  });
});
