/** Which code a process runs. */
export interface Build {
  readonly version: string;
  /** RFC 3339; empty if it is not known. */
  readonly builtAt: string;
}

/** Whether code is older than other code: of an earlier version, or an earlier build of the same. */
export function isOlder(build: Build, than: Build): boolean {
  const order = compareVersions(build.version, than.version);
  return order === 0 ? build.builtAt < than.builtAt : order < 0;
}

/** Compares versions by their numbers; a suffix (`-beta.1`) is older than none. @returns < 0 if the left one is older */
function compareVersions(left: string, right: string): number {
  const [leftNumbers = '', leftRest = ''] = left.split(/-(.*)/);
  const [rightNumbers = '', rightRest = ''] = right.split(/-(.*)/);
  const options = { numeric: true };
  const byNumbers = leftNumbers.localeCompare(rightNumbers, 'en', options);
  if (byNumbers !== 0) return byNumbers;
  if (leftRest === '' || rightRest === '') return rightRest.length - leftRest.length;
  return leftRest.localeCompare(rightRest, 'en', options);
}
