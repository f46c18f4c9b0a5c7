import { type ApiClient, operations } from '#libs/api-contract';
import type { Source } from '#libs/events';
import { snapshotWorkingTree } from '#libs/sources';

const leftOutShown = 10;

/** Sends the working tree as it is, dirty files included, and answers how a run names it. */
export async function uploadWorkingTree(
  client: ApiClient,
  dir: string,
  note: (text: string) => void,
): Promise<Source> {
  const snapshot = await snapshotWorkingTree(dir);
  for (const words of snapshot.leftOut.slice(0, leftOutShown)) note(`left out: ${words}`);
  const more = snapshot.leftOut.length - leftOutShown;
  if (more > 0) note(`left out: ${more} more`);
  const response = await client.open(operations.uploadSource, { body: snapshot.stream as never });
  const { digest } = (await response.json()) as { digest: string };
  return { kind: 'snapshot', digest };
}
