import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { type ApiClient } from '#libs/api-client';
import { operations, type RunArtifact, type RunDto } from '#libs/api-contract';
import { Fault, formatBytes, listed } from '#libs/kernel';
import {
  type ArtifactChoice,
  chooseArtifacts,
  layOut,
  type PlacedArtifact,
} from '../artifact-layout.ts';
import { artifactPlace, makeTarget } from '../artifact-place.ts';
import { contextOf } from '../context.ts';
import { writingTo } from '../file-failure.ts';
import { table } from '../output.ts';
import { wholeNumber } from '../parse-number.ts';
import { loadRun } from '../run-summary.ts';

interface Options extends ArtifactChoice {
  readonly to?: string;
}

export function addArtifacts(program: Command): void {
  program
    .command('artifacts')
    .summary('list the artifacts of a run, or download them')
    .argument('<run>', 'uuid, number or latest')
    .option('--to <dir>', 'download into this directory')
    .option('--step <id>', 'only those of this step')
    .option(
      '--attempt <number>',
      'only those of this attempt of each step',
      wholeNumber(1, 1_000_000),
    )
    .addHelpText(
      'after',
      '\nArtifacts are stored under their names. Where steps, or attempts of a step, have different files of one name,\nthose go to STEP/NAME, or STEP/attempt-N/NAME.',
    )
    .action(async (ref: string, options: Options, command: Command) => {
      const { output, client } = contextOf(command);
      const api = await client();
      const run = await loadRun(api, ref);
      const artifacts = chooseArtifacts(await listAll(api, run.id), options);
      if (artifacts.length === 0) {
        output.note(wordsForNone(run, options));
        return;
      }
      if (options.to === undefined) {
        if (output.isJson) for (const artifact of artifacts) output.json(artifact);
        else
          output.line(
            table([
              ['STEP', 'ATTEMPT', 'SIZE', 'ARTIFACT'],
              ...artifacts.map(({ step, attempt, size, name }) => [
                step,
                String(attempt),
                formatBytes(size),
                name,
              ]),
            ]),
          );
        return;
      }
      const directory = options.to;
      await makeTarget(directory);
      for (const placed of layOut(artifacts)) {
        const path = await writingTo(join(directory, placed.path), () =>
          download(api, run.id, { ...placed, directory }),
        );
        if (output.isJson) output.json({ ...placed.artifact, path });
        else output.line(path);
      }
    });
}

/** @throws Fault `step.not-found` if there is no such step or attempt */
export function wordsForNone(
  { number, steps, retryOf }: Pick<RunDto, 'number' | 'steps' | 'retryOf'>,
  { step, attempt }: ArtifactChoice,
): string {
  const meant = steps.filter(({ id }) => step === undefined || id === step);
  const what = `${step === undefined ? '' : `step ${step} of `}run ${number}`;
  if (meant.length === 0) {
    const ids = listed(steps.map(({ id }) => id));
    throw new Fault('step.not-found', 'never', `run ${number} has no step ${step}; it has ${ids}`);
  }
  if (attempt === undefined) {
    // What they made stays with the run that made it.
    const isReused = meant.some(({ skipReason }) => skipReason === 'reused');
    const place =
      isReused && retryOf !== null
        ? `; those of reused steps are with the run that it repeats: \`millrace artifacts ${retryOf}\``
        : '';
    return `${what} has no artifacts${place}`;
  }
  const isThere = meant.some(({ attempts }) => attempts.some((each) => each.attempt === attempt));
  if (!isThere) throw new Fault('step.not-found', 'never', `${what} has no attempt ${attempt}`);
  return `attempt ${attempt} of ${what} has no artifacts`;
}

async function listAll(client: ApiClient, runId: string): Promise<readonly RunArtifact[]> {
  const all: RunArtifact[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.call(operations.listRunArtifacts, {
      params: { id: runId },
      query: { limit: 1000, cursor },
    });
    all.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return all;
}

/** Writes one artifact below the directory and checks its digest. */
async function download(
  client: ApiClient,
  runId: string,
  { artifact, path, directory }: PlacedArtifact & { readonly directory: string },
): Promise<string> {
  const target = await artifactPlace(directory, path);
  const response = await client.open(operations.readRunArtifact, {
    params: { id: runId, path: artifact.name },
    query: { step: artifact.step, attempt: artifact.attempt },
  });
  // Beside its place, so that it can be renamed; a new file, so that no link is followed.
  const part = join(dirname(target), `.millrace-part-${randomUUID()}`);
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    await pipeline(
      Readable.fromWeb(response.body as never),
      hashing,
      createWriteStream(part, { flags: 'wx', mode: artifact.executable ? 0o777 : 0o666 }),
    );
    if (hash.digest('hex') !== artifact.sha256)
      throw new Fault(
        'blob.corrupt',
        'never',
        `artifact ${JSON.stringify(artifact.name)} came damaged`,
      );
    await rename(part, target);
  } finally {
    await rm(part, { force: true });
  }
  return target;
}
