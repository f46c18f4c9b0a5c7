import { trimEndOf } from '#libs/kernel';

/**
 * The text that a terminal shows in the end for a line that overwrites itself by carriage returns, as progress bars do: the part
 * after the last one. The one that some programs put before a line end overwrites nothing.
 */
export function lastSegment(text: string): string {
  const line = trimEndOf(text, '\r');
  return line.slice(line.lastIndexOf('\r') + 1);
}
