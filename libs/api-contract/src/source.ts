import { z } from 'zod';
import { sourceSchema as facts } from '#libs/events';
import { described } from './described.ts';

const [none, git, snapshot] = facts.options;

const noSource = described(none.shape, { kind: '`none`: the run has no files.' });
const gitSource = described(git.shape, {
  kind: '`git`: a commit of a git repository.',
  url: 'The address of the repository: https, ssh or git, without a password.',
  commit: 'The hash of the commit, 40 or 64 hexadecimal digits.',
  ref: 'The branch or the tag that named the commit, such as `refs/heads/main`.',
});
const snapshotSource = described(snapshot.shape, {
  kind: '`snapshot`: an uploaded working tree.',
  digest: 'The digest that the upload answered with, `sha256:` and 64 hexadecimal digits.',
  commit: 'The hash of the commit that the tree is based on. The server takes the sender’s word.',
  ref: 'The branch or the tag of that commit, such as `refs/heads/main`.',
});

/** Where the files of a run come from, as answers show it: open to new members. */
export const sourceSchema = z
  .discriminatedUnion('kind', [
    z.object(noSource).meta({ id: 'NoSource', description: 'The run has no files.' }),
    z.object(gitSource).meta({ id: 'GitSource', description: 'A commit of a git repository.' }),
    z
      .object(snapshotSource)
      .meta({ id: 'SnapshotSource', description: 'An uploaded working tree.' }),
  ])
  .meta({ id: 'Source', description: 'Where the files of a run come from.' });

/** The same as a request gives it: unknown members are refused. */
export const sourceRequestSchema = z
  .discriminatedUnion('kind', [
    z.strictObject(noSource).meta({ id: 'NoSourceRequest', description: 'The run has no files.' }),
    z
      .strictObject(gitSource)
      .meta({ id: 'GitSourceRequest', description: 'A commit of a git repository.' }),
    z
      .strictObject(snapshotSource)
      .meta({ id: 'SnapshotSourceRequest', description: 'An uploaded working tree.' }),
  ])
  .meta({ id: 'SourceRequest', description: 'Where the files of a run come from.' });

export const sourceUploadedSchema = z
  .object({
    digest: z
      .string()
      .describe(
        'The digest of the tree, `sha256:` and 64 hexadecimal digits. The same tree has the same.',
      ),
    size: z.int().min(0).describe('The size of the stored tar, in bytes.'),
  })
  .meta({ id: 'SourceUploaded', description: 'The working tree that was stored.' });
export type SourceUploaded = z.infer<typeof sourceUploadedSchema>;
