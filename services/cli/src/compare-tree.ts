import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { RunDto } from '#libs/api-contract';
import { compilePipeline } from '#libs/pipeline-dsl';
import { snapshotWorkingTree } from '#libs/sources';
import { defaultPipelineFile, locatePipelineFile } from './commands/pipeline-file.ts';
import type { CommandContext } from './context.ts';

/** How long the comparison may take, in milliseconds: it is only advice. */
const compareMs = 5_000;

/**
 * Says which files a repeated run gets, and whether the working tree has changed since: later edits are not in the run.
 */
export async function tellWhoseFiles(
  { output, config }: CommandContext,
  { number, source }: RunDto,
): Promise<void> {
  if (source.kind !== 'snapshot') return;
  try {
    const { file, dir } = locatePipelineFile(defaultPipelineFile);
    const digest = await digestOf(file, { dir, dataDir: config.dataDir });
    if (digest === undefined || digest === source.digest) return;
    output.note(
      `these are the files of run ${number}; ${resolve(dir)} has changed since: \`millrace run\` takes it`,
    );
  } catch {
    // A tree that cannot be read now is no reason not to repeat a run.
  }
}

/** The digest that an upload of the tree would have; undefined if that takes too long. */
async function digestOf(
  file: string,
  place: { readonly dir: string; readonly dataDir: string },
): Promise<string | undefined> {
  const deadline = performance.now() + compareMs;
  const compiled = compilePipeline(await readFile(file).catch(() => ''));
  const checkout = compiled.ok ? compiled.plan.checkout : undefined;
  const { stream } = await snapshotWorkingTree(place.dir, { dataDir: place.dataDir, checkout });
  const hash = createHash('sha256');
  // Leaving the loop early closes the stream.
  for await (const chunk of stream) {
    hash.update(chunk as Uint8Array);
    if (performance.now() > deadline) return undefined;
  }
  return `sha256:${hash.digest('hex')}`;
}
