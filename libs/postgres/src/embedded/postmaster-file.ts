/** What a running server writes about itself to `postmaster.pid`. */
export interface PostmasterFile {
  readonly pid: number;
  readonly isReady: boolean;
}

/** Reads the text of `postmaster.pid` (pid, folder, start, port, socket folder, address, memory key, status). */
export function parsePostmasterFile(text: string): PostmasterFile | undefined {
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, isReady: lines[7]?.trim() === 'ready' };
}
