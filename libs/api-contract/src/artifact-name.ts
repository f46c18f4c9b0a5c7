import { activeCharacters } from '#libs/kernel';

/** As the record of a run has it. */
const charactersMax = 1024;
/** What Linux takes for one name; others take less. */
const segmentBytesMax = 255;

/** A name stands in one line. */
const unprintable = new RegExp(`[\\t\\n${activeCharacters}]`);

/**
 * What is wrong with the name of an artifact, undefined where nothing is. Names are said by whoever ran the step, become
 * paths on other machines, and are printed on terminals.
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
