import type { DraftRepository } from './draft-repository.ts';

/** Addresses of submodules by their paths, those that begin with a dot made whole; which of them may be used is not judged. */
export async function submoduleAddresses(
  draft: DraftRepository,
  ownUrl: string,
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
      return url === undefined ? [] : [[path, wholeAddress(url, ownUrl)] as const];
    }),
  );
}

/** `./x` and `../x` mean beside the repository's own address. */
export function wholeAddress(url: string, ownUrl: string): string {
  if (!/^\.\.?\//.test(url)) return url;
  let base = ownUrl.replace(/\/+$/, '');
  let rest = url;
  for (;;) {
    if (rest.startsWith('./')) rest = rest.slice(2);
    else if (rest.startsWith('../')) {
      rest = rest.slice(3);
      base = /[/:][^/:]*$/.test(base) ? base.replace(/[/:][^/:]*$/, '') : '';
    } else break;
  }
  // `user@host:path` loses its path wholly where it has one part.
  const joint = /^[^/]+@[^/:]+$/.test(base) ? ':' : '/';
  return `${base}${joint}${rest}`.replace(/\/+$/, '');
}
