import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { type PlanShell, shellKind } from '#libs/events';

/** What runs the commands of one attempt. */
export interface StepShell {
  /** For the first line of the log. */
  readonly title: string;
  /** The command line that runs a file, for which `{0}` stands. */
  readonly argv: readonly string[];
  /** The command line that runs the text that follows. If the text is a single program, bash is replaced by it. */
  readonly inlineArgv?: readonly string[];
  readonly kind: ReturnType<typeof shellKind>;
}

/**
 * @param asked  the shell that the step asks for; undefined: bash if there is one
 * @param bash   its path in the image; undefined if there is none
 */
export function stepShell(asked: PlanShell | undefined, bash: string | undefined): StepShell {
  if (Array.isArray(asked))
    return { title: asked.join(' '), argv: fromPath(asked), kind: shellKind(asked) };
  if (asked === 'bash' || (asked === undefined && bash !== undefined)) {
    const start = [bash ?? 'bash', '-eo', 'pipefail'];
    return {
      title: `bash -eo pipefail${bash === undefined ? ' (which is not there)' : ''}`,
      argv: fromPath([...start, '{0}']),
      ...(bash !== undefined && { inlineArgv: [...start, '-c', '--'] }),
      kind: 'bash',
    };
  }
  const why = asked === undefined ? ' (there is no bash)' : '';
  return { title: `sh -e${why}`, argv: ['/bin/sh', '-e', '{0}'], kind: 'sh' };
}

/** A sandbox starts programs by their path; a name is looked up by a shell in the step's own PATH. */
function fromPath(argv: readonly string[]): readonly string[] {
  return argv[0]?.includes('/') ? argv : ['/bin/sh', '-c', 'exec "$@"', 'sh', ...argv];
}

const found = new Map<string, Promise<string | undefined>>();

/** The path of a program in the `host` image, looked up once per process. */
export function findProgram(
  name: string,
  directories: readonly string[],
): Promise<string | undefined> {
  const key = [name, ...directories].join(':');
  const known = found.get(key) ?? search(name, directories);
  found.set(key, known);
  return known;
}

async function search(name: string, directories: readonly string[]): Promise<string | undefined> {
  for (const directory of directories) {
    const path = join(directory, name);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}
