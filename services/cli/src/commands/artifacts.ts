import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { type ApiClient, operations, type RunArtifact } from '#libs/api-contract';
import { Fault, formatBytes } from '#libs/kernel';
import { artifactPlace } from '../artifact-place.ts';
import { contextOf } from '../context.ts';
import { table } from '../output.ts';

export function addArtifacts(program: Command): void {
  program
    .command('artifacts')
    .summary('list the artifacts of a run, or download them')
    .argument('<run>', 'uuid, number or latest')
    .option('--to <dir>', 'download into this directory')
    .action(async (ref: string, options: { to?: string }, command: Command) => {
      const { output, client } = contextOf(command);
      const api = await client();
      const artifacts = await listAll(api, ref);
      if (options.to === undefined) {
        if (output.isJson) for (const artifact of artifacts) output.json(artifact);
        else
          output.line(
            table([
              ['STEP', 'SIZE', 'ARTIFACT'],
              ...artifacts.map(({ step, size, name }) => [step, formatBytes(size), name]),
            ]),
          );
        return;
      }
      for (const artifact of artifacts) {
        const path = await download(api, ref, artifact, options.to);
        if (output.isJson) output.json({ ...artifact, path });
        else output.line(path);
      }
    });
}

async function listAll(client: ApiClient, ref: string): Promise<readonly RunArtifact[]> {
  const all: RunArtifact[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.call(operations.listRunArtifacts, {
      params: { id: ref },
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
  ref: string,
  artifact: RunArtifact,
  directory: string,
): Promise<string> {
  const target = await artifactPlace(directory, artifact.name);
  const response = await client.open(operations.readRunArtifact, {
    params: { id: ref, path: artifact.name },
    query: { step: artifact.step },
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
      createWriteStream(part, { flags: 'wx' }),
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
