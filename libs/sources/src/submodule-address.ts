import { Fault } from '#libs/kernel';
import type { DraftRepository } from './draft-repository.ts';

/** Addresses of submodules by their paths, as they are written; nothing of them is judged. */
export async function submoduleAddresses(
  draft: DraftRepository,
): Promise<ReadonlyMap<string, string>> {
  const names = '^submodule\\..*\\.(path|url)$';
  const words = await draft.ask(
    ...['config', '--null', '--blob', 'HEAD:.gitmodules', '--get-regexp', names],
  );
  const paths = new Map<string, string>();
  const urls = new Map<string, string>();
  for (const item of (words ?? '').split('\0')) {
    const [, name, kind, value] = /^submodule\.(.*)\.(path|url)\n(.*)$/s.exec(item) ?? [];
    if (name === undefined || value === undefined) continue;
    (kind === 'path' ? paths : urls).set(name, value);
  }
  return new Map(
    [...paths].flatMap(([name, path]) => {
      const url = urls.get(name);
      return url === undefined ? [] : [[path, url] as const];
    }),
  );
}

/**
 * `./x` and `../x` mean beside the repository's own address, on its host: above the path that its address has, what
 * follows would be another host. What is left with dots in it is refused like any address (`git-url.ts`).
 *
 * @throws Fault `source.invalid`
 */
export function wholeAddress(url: string, ownUrl: string): string {
  const [, dots, rest] = /^((?:\.\.?\/+)+)(.*)$/s.exec(url) ?? [];
  if (dots === undefined) return url;
  const [, host, path = ''] = /^(\w+:\/\/[^/]*\/|[^/]+?:\/*)(.*)$/.exec(ownUrl) ?? [];
  const parts = path.split('/').filter((part) => part !== '');
  const climb = dots.split('/').filter((part) => part === '..').length;
  if (climb > parts.length)
    throw new Fault(
      'source.invalid',
      'never',
      'its address climbs above the path of the repository that names it',
    );
  const whole = [...parts.slice(0, parts.length - climb), rest].join('/');
  return `${host}${whole}`.replace(/\/+$/, '');
}
