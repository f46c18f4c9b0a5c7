import { z } from 'zod';
import { stepIdPattern } from '#libs/events';
import { artifactFilesMax, limits } from './limits.ts';
import {
  duration,
  envMap,
  flag,
  image,
  isolation,
  labels,
  list,
  minutes,
  network,
  shell,
  shortText,
  streams,
  text,
} from './schema-fields.ts';
import { retry } from './schema-retry.ts';

const command = z.union([z.string(), z.boolean()], { error: 'text' });
const cmd = z
  .union([command, list(command, 'a list of texts').min(1, 'a list with at least one command')], {
    error: 'text or a list of texts',
  })
  .describe(
    'Shell commands. A list runs in one shell and stops at the first that fails; each is shown with its own time.',
  );

const id = text().regex(stepIdPattern, 'a step id').describe('Unique; `[a-z][a-z0-9_-]{0,62}`.');
const optionalDependency = flag
  .optional()
  .describe(
    'The step may be missing from the file: the dependency is left out then, with a warning. A step that is there is waited for as any other.',
  );
const dependency = z.union([text(), z.strictObject({ id: text(), optional: optionalDependency })], {
  error: 'a step id or { id, optional }',
});
const dependsOn = z
  .union([dependency, list(dependency, 'a list of step ids')], {
    error: 'a step id or a list of step ids',
  })
  .describe('The steps that must end well before this one starts.');

const artifactPath = text('a path').min(1, 'a path');
const artifactPaths = z.union(
  [artifactPath, list(artifactPath, 'a list of paths').max(limits.artifactsMax)],
  {
    error: 'a path or a list of paths',
  },
);
const artifacts = z
  .union(
    [
      artifactPath,
      list(artifactPath, 'a list of paths').max(limits.artifactsMax),
      z.strictObject({
        paths: artifactPaths,
        over_limit: z.enum(['error', 'warn'], { error: '"error" or "warn"' }).optional(),
      }),
    ],
    {
      error: 'a list of paths or { paths: […] }',
    },
  )
  .describe(
    `Globs relative to the workspace; what matches when the step has ended is kept, up to ${artifactFilesMax} files with 40 KiB of names, and as many bytes as the server takes (artifact_bytes_max, 1 GiB). More is an error; with over_limit: warn the rest is left out with a warning in the log. Many files fit as one archive.`,
  );

export const stepShape = {
  id: id.optional(),
  key: id.optional(),
  identifier: id.optional(),
  name: shortText().optional().describe('A title; default the id.'),
  label: shortText().optional(),
  cmd: cmd.optional(),
  run: cmd.optional(),
  command: cmd.optional(),
  commands: cmd.optional(),
  script: cmd.optional(),
  env: envMap.optional(),
  environment: envMap.optional(),
  variables: envMap.optional(),
  depends_on: dependsOn.optional(),
  needs: dependsOn.optional(),
  timeout: duration.optional().describe('Default 1h.'),
  timeout_in_minutes: minutes.optional(),
  'timeout-minutes': minutes.optional(),
  retry: retry.optional(),
  allow_failure: flag
    .optional()
    .describe('The run stays green where this step fails. Default false.'),
  'continue-on-error': flag.optional(),
  soft_fail: flag.optional(),
  failure: z.enum(['ignore', 'fail'], { error: '"ignore" or "fail"' }).optional(),
  labels: labels.optional(),
  tags: labels.optional(),
  agents: labels.optional(),
  'runs-on': labels.optional(),
  image: image.optional(),
  container: image.optional(),
  network: network.optional(),
  isolation: isolation.optional(),
  streams: streams.optional(),
  shell: shell.optional(),
  artifacts: artifacts.optional(),
  artifact_paths: artifacts.optional(),
};
export const stepSchema = z.strictObject(stepShape, { error: 'a map with id and cmd' });
export type StepSource = z.infer<typeof stepSchema>;
