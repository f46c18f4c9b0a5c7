import { type ApiClient } from '#libs/api-client';
import { operations } from '#libs/api-contract';
import type { PlanCheckout, Source } from '#libs/events';
import { snapshotWorkingTree } from '#libs/sources';

const leftOutShown = 10;
const progressMs = 3_000;

export interface WorkingTreeUpload {
  readonly dir: string;
  /** Where the CLI's own server keeps its state: never part of a source. */
  readonly dataDir: string;
  /** How much of the repository comes along. */
  readonly checkout: PlanCheckout | undefined;
  readonly note: (text: string) => void;
}

/** Sends the working tree as it is, dirty files included, and answers how a run names it. */
export async function uploadWorkingTree(
  client: ApiClient,
  { dir, dataDir, checkout, note }: WorkingTreeUpload,
): Promise<Source> {
  const snapshot = await snapshotWorkingTree(dir, { dataDir, checkout });
  for (const words of snapshot.warnings) note(`warning: ${words}`);
  for (const words of snapshot.leftOut.slice(0, leftOutShown)) note(`left out: ${words}`);
  const more = snapshot.leftOut.length - leftOutShown;
  if (more > 0) note(`left out: ${more} more`);
  let bytes = 0;
  async function* counted() {
    for await (const chunk of snapshot.stream) {
      bytes += (chunk as Uint8Array).length;
      yield chunk;
    }
  }
  // A small tree is uploaded before anybody wonders.
  const progress = setInterval(
    () => note(`uploading the working tree: ${Math.floor(bytes / 1048576)} MiB so far`),
    progressMs,
  );
  try {
    const response = await client.open(operations.uploadSource, { body: counted() as never });
    const { digest } = (await response.json()) as { digest: string };
    const { commit, ref } = snapshot;
    return { kind: 'snapshot', digest, ...(commit && { commit }), ...(ref && { ref }) };
  } finally {
    clearInterval(progress);
  }
}
