import type { Operation } from './operation.ts';

/** The path of a call behind the server's address, with its query. A parameter `path` keeps its slashes. */
export function pathOf(
  { path }: Pick<Operation, 'path'>,
  call: { readonly params?: Readonly<Record<string, string>>; readonly query?: object },
): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = call.params?.[name] ?? '';
    return name === 'path'
      ? value.split('/').map(encodeURIComponent).join('/')
      : encodeURIComponent(value);
  });
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? filled : `${filled}?${search}`;
}
