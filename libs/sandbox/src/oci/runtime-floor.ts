/**
 * The oldest release of each line that has no known way out of a container: runc's three of November 2025
 * (CVE-2025-31133, -52565, -52881) and crun's fix of the same. Distributions fix older releases under the old number, so
 * being below it is a note, not a refusal.
 */
const floors: Readonly<Record<string, readonly (readonly [number, number, number])[]>> = {
  runc: [
    [1, 2, 8],
    [1, 3, 3],
    [1, 4, 0],
  ],
  crun: [[1, 28, 0]],
};

/**
 * @param version  the first line of `--version`: `runc version 1.1.5+ds1`, `crun version 1.8.1`
 * @returns what an operator should know; undefined if there is nothing, or the line is not understood
 */
export function versionWarning(version: string): string | undefined {
  const match = /^(runc|crun) version (\d+)\.(\d+)(?:\.(\d+))?/.exec(version);
  const lines = floors[match?.[1] ?? ''];
  if (!match || !lines) return undefined;
  const [major = 0, minor = 0, patch = 0] = match.slice(2).map((part) => Number(part ?? 0));
  const isAtLeast = ([x, y, z]: readonly [number, number, number]) =>
    major !== x ? major > x : minor !== y ? minor > y : patch >= z;
  const own = lines.find(([x, y]) => x === major && y === minor);
  const newest = lines.at(-1);
  if (own ? isAtLeast(own) : newest && isAtLeast(newest)) return undefined;
  const wanted = lines.map((line) => line.join('.')).join(', ');
  return `older than ${wanted}: known ways out of a container are open, unless the distribution mended them`;
}
