import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * What tools look for from their working directory upwards, and what then changes their result: repositories, and the files
 * by which a project or its settings are found. Not what only picks a tool's version (`.tool-versions`, `.nvmrc`): that
 * stands in many a HOME and acts as PATH does. Makefiles are missing on purpose: make looks nowhere else.
 */
const projectFiles: readonly string[] = [
  // Repositories.
  ...['.git', '.hg', '.jj', '.svn', '.bzr', '_darcs', '.fslckout', '_FOSSIL_', '.pijul', '.sl'],
  // Node, Deno, Bun, and what runs on them.
  ...[
    'package.json',
    'node_modules',
    'pnpm-workspace.yaml',
    '.pnp.cjs',
    '.yarnrc.yml',
    'deno.json',
  ],
  ...['deno.jsonc', 'tsconfig.json', 'jsconfig.json', 'babel.config.js', 'babel.config.json'],
  ...['eslint.config.js', 'eslint.config.mjs', '.eslintrc', '.eslintrc.js', '.eslintrc.json'],
  ...['.eslintrc.yml', '.prettierrc', '.editorconfig', 'biome.json', 'nx.json', 'turbo.json'],
  // Go, Rust, Python.
  ...['go.mod', 'go.work', 'Cargo.toml', '.cargo/config', '.cargo/config.toml'],
  ...['rust-toolchain', 'rust-toolchain.toml', 'rustfmt.toml', 'clippy.toml'],
  ...[
    'pyproject.toml',
    'setup.py',
    'setup.cfg',
    'pytest.ini',
    'tox.ini',
    'conftest.py',
    'mypy.ini',
  ],
  ...['ruff.toml', '.ruff.toml', 'uv.toml', '.venv', 'Pipfile'],
  // Ruby, PHP, Dart, Elixir.
  ...['Gemfile', 'Rakefile', '.bundle', 'composer.json', 'pubspec.yaml', 'mix.exs'],
  // Java, .NET, C and C++, and build systems for all.
  ...['pom.xml', '.mvn', 'settings.gradle', 'settings.gradle.kts', 'build.sbt', 'global.json'],
  ...[
    'Directory.Build.props',
    'Directory.Build.targets',
    'Directory.Packages.props',
    'nuget.config',
  ],
  ...[
    '.clang-format',
    '.clang-tidy',
    'WORKSPACE',
    'WORKSPACE.bazel',
    'MODULE.bazel',
    '.buckconfig',
  ],
  ...['justfile', 'Justfile', '.justfile', 'Taskfile.yml', 'Taskfile.yaml', '.envrc'],
];

/** The first of them that stands in a directory or above it, as a path; undefined if there is none. */
export function findProjectFile(directory: string): string | undefined {
  for (let at = directory; ; at = dirname(at)) {
    const found = projectFiles.find((name) => isThere(join(at, name)));
    if (found !== undefined) return join(at, found);
    if (at === dirname(at)) return undefined;
  }
}

/** A file that this user cannot see cannot be found by a tool of this user either. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
