import { activeCharacters } from '#libs/kernel';

/** The limit of the event that records an artifact. */
const charactersMax = 1024;
/** The limit of Linux for one name; other systems take less. */
const segmentBytesMax = 255;

/** Neither tabs nor line ends: a name is printed on one line. */
const unprintable = new RegExp(`[\\t\\n${activeCharacters}]`);

/**
 * What is wrong with the name of an artifact. Executors send names, which become paths on other machines and are printed on
 * terminals.
 *
 * @returns undefined if the name may be used
 */
export function artifactNameProblem(name: string): string | undefined {
  const segments = name.split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..'))
    return 'its name is no plain relative path';
  if (!name.isWellFormed()) return 'its name is not UTF-8';
  if (unprintable.test(name)) return 'its name holds control characters';
  const isLong = segments.some(
    (segment) => new TextEncoder().encode(segment).length > segmentBytesMax,
  );
  return isLong || name.length > charactersMax ? 'its name is too long' : undefined;
}
