/** What of a project's top level the first pipeline is guessed from. */
export interface ProjectFiles {
  /** The directory's own name. */
  readonly directory: string;
  readonly names: ReadonlySet<string>;
  /** The text of package.json, where there is one. */
  readonly packageJson?: string;
}

interface FirstStep {
  readonly id: string;
  readonly network?: 'host';
  readonly comment?: string;
  readonly cmd: readonly string[];
}

/**
 * The text of a first pipeline file for such a project. It is a start to edit: what a project's own tools call the
 * tests, after an installation of its packages where it has any.
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
      ? {
          network: 'host' as const,
          comment: 'fetches the modules; each step has a HOME of its own',
        }
      : {};
    return [{ id: 'test', ...fetches, cmd: ['go vet ./...', 'go test ./...'] }];
  }
  if (names.has('requirements.txt') || names.has('pyproject.toml')) return pythonSteps(names);
  if (names.has('Cargo.toml')) {
    return [{ id: 'test', network: 'host', comment: 'fetches the crates', cmd: ['cargo test'] }];
  }
  if (names.has('Makefile')) return [{ id: 'test', cmd: ['make test'] }];
  return [{ id: 'test', cmd: ['echo "replace me by your tests"'] }];
}

/** Lock files and what installs exactly what they say, the first that is there wins. */
const nodeInstallers: readonly (readonly [lock: string, install: string, test: string])[] = [
  ['package-lock.json', 'npm ci --no-audit --no-fund', 'npm test'],
  ['pnpm-lock.yaml', 'pnpm install --frozen-lockfile', 'pnpm test'],
  ['yarn.lock', 'yarn install --frozen-lockfile', 'yarn test'],
];

function nodeSteps({ names, packageJson = '{}' }: ProjectFiles): readonly FirstStep[] {
  const found = nodeInstallers.find(([lock]) => names.has(lock));
  if (!found && !hasDependencies(packageJson)) return [{ id: 'test', cmd: ['npm test'] }];
  const [, install, test] = found ?? ['', 'npm install --no-audit --no-fund', 'npm test'];
  const comment = 'fetches the packages';
  return [
    { id: 'install', network: 'host', comment, cmd: [install] },
    { id: 'test', cmd: [test] },
  ];
}

function hasDependencies(packageJson: string): boolean {
  try {
    const manifest = JSON.parse(packageJson) as Record<string, unknown>;
    return ['dependencies', 'devDependencies'].some(
      (key) => Object.keys(manifest[key] ?? {}).length > 0,
    );
  } catch {
    return false;
  }
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
    { id: 'test', cmd: ['.venv/bin/python -m pytest'] },
  ];
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
