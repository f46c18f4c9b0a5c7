import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SnapshotRepository } from './snapshot-repository.ts';

export interface RepositoryOutline extends Partial<SnapshotRepository> {
  readonly format: 'sha1' | 'sha256';
}

/**
 * Makes `.git` of a workspace: all that stands in it is written here, nothing is taken over from anybody's repository.
 * Not by `git init`: some files take less time than a process.
 */
export async function writeRepository(
  directory: string,
  outline: RepositoryOutline,
): Promise<string> {
  const gitDir = join(directory, '.git');
  await mkdir(join(gitDir, 'objects', 'pack'), { recursive: true });
  await mkdir(join(gitDir, 'refs', 'heads'), { recursive: true });
  await mkdir(join(gitDir, 'refs', 'tags'));
  const { commit, ref, shallow = [], tags = [] } = outline;
  const refs = tags.map((tag) => `${tag.object} ${tag.ref}`);
  if (ref !== undefined && commit !== undefined) refs.push(`${commit} ${ref}`);
  const head = ref === undefined ? (commit ?? 'ref: refs/heads/main') : `ref: ${ref}`;
  const write = (name: string, text: string) => writeFile(join(gitDir, name), text);
  await Promise.all([
    write('HEAD', `${head}\n`),
    write('config', configOf(outline)),
    ...(refs.length > 0 ? [write('packed-refs', `${refs.join('\n')}\n`)] : []),
    ...(shallow.length > 0 ? [write('shallow', `${shallow.join('\n')}\n`)] : []),
  ]);
  return gitDir;
}

function configOf({ format, origin, abbrev, settings = {} }: RepositoryOutline): string {
  const lines = [
    '[core]',
    `repositoryformatversion = ${format === 'sha256' ? 1 : 0}`,
    'bare = false',
    'logallrefupdates = true',
    // A sandbox shows other owners and inodes than those that the index was written with.
    'checkStat = minimal',
    'trustctime = false',
    `filemode = ${settings.fileMode ?? 'true'}`,
    ...(settings.symlinks ? [`symlinks = ${settings.symlinks}`] : []),
    ...(settings.autocrlf ? [`autocrlf = ${settings.autocrlf}`] : []),
    ...(settings.eol ? [`eol = ${settings.eol}`] : []),
    // A history that was cut needs fewer digits, and versions are made of them.
    ...(abbrev === undefined ? [] : [`abbrev = ${abbrev}`]),
    ...(format === 'sha256' ? ['[extensions]', 'objectformat = sha256'] : []),
    ...(origin === undefined
      ? []
      : [
          '[remote "origin"]',
          `url = "${origin.replaceAll('"', '\\"')}"`,
          'fetch = +refs/heads/*:refs/remotes/origin/*',
        ]),
  ];
  return `${lines.join('\n')}\n`;
}
