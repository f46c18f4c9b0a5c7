import { z } from 'zod';
import { parseDurationMs } from '#libs/kernel';

// The kinds of values that settings have, as text of a variable or as YAML.

export const textList = z.union([
  z.array(z.string().min(1)),
  z.string().transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  ),
]);
export const pathList = z.union([
  z.array(z.string().startsWith('/')),
  z
    .string()
    .transform((text) => text.split(':').filter((item) => item !== ''))
    .pipe(
      z.array(
        z.string().startsWith('/', { message: 'expected absolute paths, separated by colons' }),
      ),
    ),
]);
/** Of a file that another program is told of: nothing that its own notations read otherwise. */
export const filePath = z.string().regex(/^\/[^"%\\$\p{Cc}]*$/u, {
  message: 'expected an absolute path without quotes, $, % and backslashes',
});
export const wholeNumber = (min: number, max: number) =>
  z.coerce.number({ error: 'expected a number' }).int().min(min).max(max);
export const bytes = z.coerce.number({ error: 'expected a number of bytes' }).int().min(0);
export const durationMs = z.union([
  z.number().int().min(0),
  z.string().transform((text, context) => {
    const parsed = parseDurationMs(text);
    if (parsed === undefined) context.addIssue('expected a duration such as 90s, 10m, 24h');
    return parsed ?? z.NEVER;
  }),
]);
export const trueOrFalse = z.union([
  z.boolean(),
  z
    .enum(['true', 'false'], { message: 'expected true or false' })
    .transform((text) => text === 'true'),
]);
export const listenAddress = z.string().regex(/^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, {
  message: 'expected HOST:PORT, such as 127.0.0.1:7420 (port 0 takes a free one)',
});
