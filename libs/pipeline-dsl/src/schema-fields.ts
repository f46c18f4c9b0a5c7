import { z } from 'zod';
import { limits } from './limits.ts';

// Values that stand in several places of the file. The `error` texts end the sentence `"KEY" must be …`.

export const text = (expected = 'text') => z.string({ error: expected });
export const shortText = (expected = 'text') =>
  text(expected).min(1, 'text that is not empty').max(limits.nameCharsMax);
export const list = <T extends z.ZodType>(item: T, expected: string) =>
  z.array(item, { error: expected });

/** Kept as it was written: the reader hands over text; the other types stand here for editors. */
export const asWritten = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: 'a single value',
});
export const envMap = z
  .record(z.string(), asWritten, { error: 'a map of names and values' })
  .describe('Environment variables. Values are kept as they are written.');

export const durationPattern = /^(?:\d{1,9}(?:ms|s|m|h|d))+$/;
export const durationText = 'a duration such as 90s, 10m or 1h30m';
export const duration = z
  .string({ error: durationText })
  .regex(durationPattern, durationText)
  .describe('A number with a unit: 500ms, 90s, 10m, 1h30m.');
export const minutes = z
  .number({ error: 'a number of minutes' })
  .positive('a number of minutes above 0')
  .describe('Minutes.');

export const label = text('a label').min(1, 'a label').max(limits.nameCharsMax);
export const labels = z
  .union(
    [label, list(label, 'a list of labels').max(limits.labelsMax), z.record(z.string(), asWritten)],
    { error: 'a label, a list of labels or a map' },
  )
  .describe('What the executor must have; a map means `key=value`.');

export const image = shortText('the name of an image').describe(
  'The root file system: `host` (default) is the machine’s own userland, read-only.',
);
export const network = z
  .enum(['none', 'host'], { error: '"none" or "host"' })
  .describe(
    '`none`: the step has only its own loopback interface. `host`: the machine’s network, where the server lets the caller have it. By default what the server gives: `host` to the local administrator, `none` to others.',
  );
export const isolation = z
  .enum(['none', 'standard', 'strict'], { error: '"none", "standard" or "strict"' })
  .describe('A floor: an executor that cannot give it refuses the step.');
export const streams = z
  .enum(['together', 'separate'], { error: '"together" or "separate"' })
  .describe(
    'Default `together`: stdout and stderr share one pipe, in order. `separate` tells them apart in the log, and their order is lost.',
  );
export const shellExpected = 'bash, sh, or a list such as [python3, "{0}"]';
export const shell = z
  .union(
    [
      z.enum(['bash', 'sh'], { error: shellExpected }),
      list(
        text('text').min(1, 'text that is not empty').max(limits.nameCharsMax),
        'a list of texts',
      )
        .min(1, 'a list with at least one text')
        .max(32),
    ],
    { error: shellExpected },
  )
  .describe(
    'What runs the commands: `bash` (`bash -eo pipefail`), `sh` (`sh -e`), or a program with its arguments, in which `{0}` is the file with the command. Default: bash where the image has it, else sh.',
  );
export const flag = z.boolean({ error: 'true or false' });
