/** The facts about a project from which its first pipeline is guessed. */
export interface ProjectFiles {
  /** The directory's own name. */
  readonly directory: string;
  readonly names: ReadonlySet<string>;
  /** The text of package.json, if there is one. */
  readonly packageJson?: string;
  /** The text of Makefile, if there is one. */
  readonly makefile?: string;
}

interface FirstStep {
  readonly id: string;
  readonly network?: 'host';
  readonly comment?: string;
  readonly cmd: readonly string[];
}

/**
 * The text of a first pipeline file for such a project. It is a start to edit: what a project's own tools call the
 * tests, after an installation of its packages if it has any. It names only scripts and targets that are there.
 */
export function firstPipeline(files: ProjectFiles): string {
  const steps = stepsOf(files);
  const lines = ['version: 1', `name: ${pipelineName(files.directory)}`, 'steps:'];
  for (const [at, step] of steps.entries()) {
    const before = steps[at - 1];
    lines.push(`  - id: ${step.id}`);
    if (before) lines.push(`    depends_on: [${before.id}]`);
    if (step.comment) lines.push(`    # ${step.comment}`);
    if (step.network) lines.push(`    network: ${step.network}`);
    if (step.cmd.length === 1) lines.push(`    cmd: ${step.cmd[0]}`);
    else lines.push('    cmd:', ...step.cmd.map((each) => `      - ${each}`));
    lines.push('    timeout: 10m');
  }
  return `${lines.join('\n')}\n`;
}

function stepsOf(files: ProjectFiles): readonly FirstStep[] {
  const { names } = files;
  if (names.has('package.json')) return nodeSteps(files);
  if (names.has('go.mod')) {
    const fetches = names.has('go.sum')
      ? { network: 'host' as const, comment: 'fetches the modules' }
      : {};
    return [{ id: 'test', ...fetches, cmd: ['go vet ./...', 'go test ./...'] }];
  }
  if (names.has('requirements.txt') || names.has('pyproject.toml')) return pythonSteps(names);
  if (names.has('Cargo.toml')) {
    return [{ id: 'test', network: 'host', comment: 'fetches the crates', cmd: ['cargo test'] }];
  }
  if (names.has('Makefile')) return [{ id: 'test', cmd: [makeTest(files.makefile ?? '')] }];
  return [{ id: 'test', cmd: [toBeReplaced] }];
}

/** The command if the project says nothing about its tests; the caller tells the user. */
export const toBeReplaced = 'echo "replace me by your tests"';

function makeTest(makefile: string): string {
  const target = ['test', 'check'].find((name) =>
    new RegExp(`^${name}\\s*:(?!=)`, 'm').test(makefile),
  );
  return target === undefined ? 'make' : `make ${target}`;
}

/** Lock files and the command that installs exactly what they list; the first that exists wins. */
const nodeInstallers: readonly (readonly [lock: string, install: string, tool: string])[] = [
  ['package-lock.json', 'npm ci --no-audit --no-fund', 'npm'],
  ['pnpm-lock.yaml', 'pnpm install --frozen-lockfile', 'pnpm'],
  ['yarn.lock', 'yarn install --frozen-lockfile', 'yarn'],
];

function nodeSteps({ names, packageJson = '{}' }: ProjectFiles): readonly FirstStep[] {
  const found = nodeInstallers.find(([lock]) => names.has(lock));
  const manifest = readManifest(packageJson);
  const [, install, tool] = found ?? ['', 'npm install --no-audit --no-fund', 'npm'];
  const test: FirstStep = { id: 'test', cmd: [nodeTest(manifest, tool)] };
  if (!found && !hasDependencies(manifest)) return [test];
  const comment = 'fetches the packages';
  return [{ id: 'install', network: 'host', comment, cmd: [install] }, test];
}

type Manifest = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;

function readManifest(packageJson: string): Manifest {
  try {
    return (JSON.parse(packageJson) ?? {}) as Manifest;
  } catch {
    return {};
  }
}

function nodeTest({ scripts }: Manifest, tool: string): string {
  // The test script that `npm init` writes only says that there is none, and fails.
  const isThere = (name: string) =>
    typeof scripts?.[name] === 'string' && !scripts[name].includes('no test specified');
  if (isThere('test')) return `${tool} test`;
  const other = ['check', 'lint', 'build'].find(isThere);
  return other === undefined ? toBeReplaced : `${tool} run ${other}`;
}

function hasDependencies(manifest: Manifest): boolean {
  return ['dependencies', 'devDependencies'].some(
    (key) => Object.keys(manifest[key] ?? {}).length > 0,
  );
}

function pythonSteps(names: ReadonlySet<string>): readonly FirstStep[] {
  const what = names.has('requirements.txt') ? '-r requirements.txt' : '.';
  return [
    {
      id: 'install',
      network: 'host',
      comment: 'fetches the packages',
      cmd: ['python3 -m venv .venv', `.venv/bin/pip install --quiet pytest ${what}`],
    },
    { id: 'test', cmd: [hasPythonTests(names) ? '.venv/bin/python -m pytest' : toBeReplaced] },
  ];
}

/** pytest fails if it finds none. */
function hasPythonTests(names: ReadonlySet<string>): boolean {
  const sign = /^(?:tests?|testing|pytest\.ini|conftest\.py|test_.*\.py|.*_test\.py)$/;
  return [...names].some((name) => sign.test(name));
}

/** A pipeline's versions are found by its name, so that two projects of one server need two names. */
function pipelineName(directory: string): string {
  const name = directory
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[^a-z]+|[^a-z0-9]+$/g, '')
    .slice(0, 60);
  return ['', 'true', 'false', 'null'].includes(name) ? 'ci' : name;
}
