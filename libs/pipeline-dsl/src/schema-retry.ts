import { z } from 'zod';
import { limits } from './limits.ts';
import { duration, list } from './schema-fields.ts';

/** What a rule of `retry.on` may be called in the file; `_` and `-` are the same. */
export const retryNames = [
  'any',
  'failure',
  'error',
  'timeout',
  'exit',
  'signal',
  'oom',
  'pids-limit',
  'disk-limit',
  'log-limit',
  'worker-lost',
  'start-failed',
  'source-failed',
] as const;
const retryName = z.enum(
  [...retryNames, ...retryNames.map((name) => name.replaceAll('-', '_'))].filter(
    (name, index, all) => all.indexOf(name) === index,
  ),
  { error: `one of ${retryNames.join(', ').replaceAll('-', '_')}` },
);
const exitCode = z
  .int('an exit code from 1 to 255')
  .min(1, 'an exit code from 1 to 255')
  .max(255, 'an exit code from 1 to 255');
const retryRule = z.union(
  [
    retryName,
    z.strictObject({
      exit: z.union(
        [exitCode, list(exitCode, 'a list of exit codes').min(1, 'at least one exit code')],
        {
          error: 'an exit code or a list of exit codes',
        },
      ),
    }),
  ],
  { error: 'a name such as worker_lost, or { exit: [75] }' },
);
const retryMax = z
  .int('a number from 0 to 10')
  .min(0, 'a number from 0 to 10')
  .max(limits.retriesMax, 'a number from 0 to 10');
export const retry = z
  .union(
    [
      retryMax,
      z.strictObject({
        max: retryMax.optional(),
        on: z
          .union([retryRule, list(retryRule, 'a list of rules')], {
            error: 'a rule or a list of rules',
          })
          .optional(),
        backoff: duration.optional(),
      }),
    ],
    { error: 'a number from 0 to 10 or a map with max, on and backoff' },
  )
  .describe(
    'Attempts beyond the first, and after what. Default 0; without `on`, after anything but a cancel.',
  );
