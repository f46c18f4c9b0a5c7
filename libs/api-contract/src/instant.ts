import { z } from 'zod';

/** A time: RFC 3339 in UTC, with milliseconds. */
export const instantSchema = z.iso
  .datetime({ precision: 3 })
  .describe('RFC 3339 in UTC, with milliseconds.');
