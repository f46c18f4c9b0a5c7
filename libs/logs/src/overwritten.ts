import { trimEndOf } from '#libs/kernel';

/**
 * What a terminal would show in the end of a line that overwrites itself by carriage returns, as progress bars do: what stands
 * behind the last one. The one that some programs put before a line end overwrites nothing.
 */
export function lastSegment(text: string): string {
  const line = trimEndOf(text, '\r');
  return line.slice(line.lastIndexOf('\r') + 1);
}
