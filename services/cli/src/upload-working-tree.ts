import { type ApiClient, operations } from '#libs/api-contract';
import type { Source } from '#libs/events';
import { snapshotWorkingTree } from '#libs/sources';

/** Sends the working tree as it is, dirty files included, and answers how a run names it. */
export async function uploadWorkingTree(client: ApiClient, dir: string): Promise<Source> {
  const snapshot = await snapshotWorkingTree(dir);
  const response = await client.open(operations.uploadSource, { body: snapshot.stream as never });
  const { digest } = (await response.json()) as { digest: string };
  return { kind: 'snapshot', digest };
}
