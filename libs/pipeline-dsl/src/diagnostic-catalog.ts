// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file speaks about the pipeline's own references
export type Severity = 'error' | 'warning';

/**
 * Every code with what it means and what to do. A code never changes its meaning.
 * `millrace explain CODE` prints the paragraph.
 */
const table = {
  // the text
  'yaml.empty': [
    'error',
    'The file holds nothing but white space and comments. The smallest pipeline has a `name` and one step with `id` and `cmd`.',
  ],
  'yaml.encoding': [
    'error',
    'A pipeline file is UTF-8 text. The file holds bytes that no UTF-8 text has: it may be binary, UTF-16, or saved as Latin-1 (Windows-1252). Save it again as UTF-8.',
  ],
  'yaml.control-character': [
    'error',
    'Text may not hold NUL, lone surrogates, or control characters other than tab and line ends: they cannot be stored in the log nor passed to a command.',
  ],
  'yaml.syntax': [
    'error',
    'The file is not well-formed YAML 1.2. Frequent reasons: wrong indentation, a missing space after `:` or `-`, a quote that is not closed, or `: ` and ` #` inside text without quotes.',
  ],
  'yaml.tab': ['error', 'YAML is indented with spaces. Replace the tabs at the start of the line.'],
  'yaml.duplicate-key': [
    'error',
    'The same key stands twice in one map, so one of the two values would be lost. Remove one, or merge them.',
  ],
  'yaml.multiple-documents': [
    'error',
    'A pipeline file holds one YAML document. Remove the `---` that starts the second one, or move it to a file of its own.',
  ],
  'yaml.unknown-anchor': [
    'error',
    'An alias (`*name`) uses an anchor (`&name`) that was not defined above it.',
  ],
  'yaml.recursive-alias': [
    'error',
    'An alias stands inside the very thing that its anchor names, so it would never end.',
  ],
  'yaml.merge': ['error', 'The merge key `<<` takes a map or a list of maps, mostly by alias.'],
  'yaml.tag': [
    'error',
    'Only the tags of the YAML 1.2 core schema (`!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, `!!map`, `!!seq`) are understood.',
  ],
  'yaml.key': ['error', 'Keys are plain text, not lists or maps.'],
  // limits
  'limit.bytes': [
    'error',
    'A pipeline file may have at most 1 MiB. Move long scripts to files of the repository.',
  ],
  'limit.depth': ['error', 'Lists and maps stand inside each other more than 50 deep.'],
  'limit.nodes': ['error', 'The file holds more than 200,000 values.'],
  'limit.aliases': ['error', 'The file uses anchors more than 100 times.'],
  'limit.expansion': [
    'error',
    'With every alias replaced by what it stands for, the file would hold more than 250,000 values.',
  ],
  'limit.steps': ['error', 'A pipeline may have at most 10,000 steps.'],
  'limit.commands': [
    'error',
    'A step may have at most 1,000 commands with 100 KiB of text together. Move long scripts to files of the repository.',
  ],
  'limit.env': [
    'error',
    'A step may declare at most 1,000 variables, each of 128 KiB and 256 KiB together: the kernel passes no more to a process.',
  ],
  'limit.items': [
    'error',
    'A list or map has more entries than are allowed there; the message tells the limit.',
  ],
  'limit.text': ['error', 'A text is longer than is allowed there; the message tells the limit.'],
  'limit.plan-size': [
    'error',
    'The compiled plan would be larger than 8 MiB. Values of `env` and `vars` are repeated for every step that gets them: shorten them or move them to files.',
  ],
  'limit.diagnostics': [
    'error',
    'More problems were found than are listed. Correct those above first.',
  ],
  // the shape
  'schema.type': [
    'error',
    'The value is of another kind than the key takes, for instance a list where text is expected.',
  ],
  'schema.value': [
    'error',
    'The value is of the right kind, but not one of those that the key takes.',
  ],
  'schema.duration': [
    'error',
    'A duration is a number with a unit: `500ms`, `90s`, `10m`, `1h30m`. A bare number is refused because nobody can see its unit.',
  ],
  'schema.missing-key': ['error', 'A key that must be there is not.'],
  'schema.unknown-key': [
    'error',
    'There is no such key at this place. A key that is not understood is never ignored.',
  ],
  'schema.unsupported-key': [
    'error',
    'The key belongs to the wider pipeline language, but this version does not run it. It is refused because ignoring it would run something else than what the file says.',
  ],
  'schema.foreign-key': [
    'error',
    'The key is a word of another CI system (GitHub Actions, GitLab CI, Woodpecker …) for something that Millrace says otherwise or does not have. The hint tells what to write. Taken as they are: `run`, `script`, `commands` (cmd), `needs` (depends_on), `environment`, `variables` (env), `runs-on`, `tags` (labels), `container` (image), `timeout-minutes`, `continue-on-error`.',
  ],
  'schema.foreign-value': [
    'error',
    'The value would fit, but where it comes from it means something else: `environment: { name, url }` is a place of deployment and would become two variables here. Leave it out, or write the key of Millrace (`env`, `labels`) if it is meant.',
  ],
  'schema.foreign-file': [
    'error',
    'The file is written for another CI system and is not read any further. A Millrace pipeline has a `name` and one list `steps`; each entry has an `id` and the commands in `cmd`. What orders jobs elsewhere (`needs`, `stage`, `requires`) is `depends_on` here, variables are `env`, what chooses a machine (`runs-on`, `tags`) is `labels`. The source is in the workspace already, which all steps of a run share. Conditions, matrices, services, caches and secrets are not part of this version. `millrace init` writes a first file.',
  ],
  'schema.unsupported-value': [
    'error',
    'The value belongs to the wider pipeline language, but this version cannot give it.',
  ],
  'schema.alias-conflict': [
    'error',
    'Two spellings of the same key are given (for instance `cmd` and `run`). Keep one.',
  ],
  'schema.reserved-key': ['error', 'The key `__proto__` is not allowed anywhere.'],
  'schema.artifact-path': [
    'error',
    'An artifact path is a glob relative to the workspace. It may not be absolute and may not leave the workspace by `..`.',
  ],
  'schema.artifact-pattern': [
    'error',
    'An artifact path is a pattern: `*`, `?` and `[a-z]` within a name, `**` across directories, `{a,b}` for one or the other (at most 100 alternatives), `!` in front for what is left out of the others. A character that is to stand for itself gets a backslash: `app/\\[slug\\].js`. Text that begins with `!` or `*` is put in quotes.',
  ],
  'shell.no-file': [
    'error',
    'A `shell` that is a list is a program with its arguments, and `{0}` stands for the file that holds the command. Without it the program would never get the command.',
  ],
  'shell.list': [
    'error',
    'A list of commands runs in one shell, so that directories and variables carry over. A `shell` such as `[python3, "{0}"]` runs one file. Write one command, or a step for each.',
  ],
  // names
  'step.malformed-id': [
    'error',
    'A step id starts with a lower-case letter and has at most 63 lower-case letters, digits, `_` and `-`: it becomes part of file names, container names and addresses. Use `name` for a title.',
  ],
  'step.duplicate-id': [
    'error',
    'Two steps have the same id. Ids name a step in `depends_on`, in logs and in the API, so each is used once.',
  ],
  'env.malformed-name': [
    'error',
    'The name of an environment variable has letters, digits and `_`, and does not start with a digit.',
  ],
  'env.reserved-name': [
    'error',
    'Variables that start with `MILLRACE_` are set by Millrace itself.',
  ],
  'var.malformed-name': [
    'error',
    'The name of a var has letters, digits and `_`, and does not start with a digit: it becomes the shell variable `MILLRACE_VARS_<NAME>`.',
  ],
  'input.malformed-name': [
    'error',
    'The name of an input has letters, digits and `_`, and does not start with a digit: it becomes the shell variable `MILLRACE_INPUTS_<NAME>`.',
  ],
  'input.invalid': [
    'error',
    'The declaration of the input contradicts itself: an `enum` needs `values`, other types have none.',
  ],
  'input.invalid-default': [
    'error',
    'The default of an input does not fit its type or is not among its `values`.',
  ],
  // the graph
  'graph.unknown-dependency': ['error', '`depends_on` names a step that does not exist.'],
  'graph.cycle': [
    'error',
    'Steps wait for each other in a circle, so none of them could ever start. With `order: sequential` each step also depends on the one before it.',
  ],
  'graph.optional-dependency': [
    'warning',
    '`optional: true` says that a step may be missing from the file, for instance where a file is made by a program. It is missing, so the dependency is left out. On a step that is there `optional` changes nothing: it is waited for, and where it ends badly this step is skipped.',
  ],
  // references
  'ref.syntax': [
    'error',
    'Inside `${{ }}` stands one reference: `vars.NAME` or `inputs.NAME`. Operators and functions are not part of this version.',
  ],
  'ref.unknown-namespace': [
    'error',
    '`${{ }}` knows the namespaces `vars` and `inputs`. For a variable of the shell write `$NAME`. What GitHub Actions has as `github.sha`, `github.ref_name` and so on is in the environment of the step: `$MILLRACE_COMMIT`, `$MILLRACE_BRANCH`; there are no `secrets`, `matrix` and `steps` in this version.',
  ],
  'ref.undeclared-var': [
    'error',
    'The reference names a var that the file does not declare under `vars`.',
  ],
  'ref.undeclared-input': [
    'error',
    'The reference names an input that the file does not declare under `inputs`.',
  ],
  'ref.not-allowed': [
    'error',
    'References are filled in in `cmd` and `env`, and vars also in `name`, `image`, `labels` and `artifacts` of a step; elsewhere they would stay as text.',
  ],
  // advice
  'lint.no-depends-on': [
    'warning',
    'The file has several steps and none has `depends_on`, so all start at once. Add `depends_on`, or `order: sequential` for file order, or `order: graph` to say that this is meant.',
  ],
  'lint.single-quoted-reference': [
    'warning',
    'In a command a reference becomes a shell variable, and the shell does not fill in variables inside single quotes. Use double quotes.',
  ],
  'lint.reference-without-shell': [
    'warning',
    'In a command a reference becomes a shell variable such as `${MILLRACE_VARS_NAME}`, which only a shell fills in. The `shell` of this step is another program: let it read the variable from its environment.',
  ],
  'lint.quoted-heredoc-reference': [
    'warning',
    "In a command a reference becomes a shell variable, and the shell fills in nothing in a here-document whose delimiter is in quotes (`<<'EOF'`). Write `<<EOF`, and `\\$` where a `$` is to stay.",
  ],
  'lint.foreign-variable': [
    'warning',
    'The text uses a variable that another CI system sets (`CI_…`, `GITHUB_…`, `DRONE_…`) and neither Millrace nor the step does, so it is empty. Millrace sets `MILLRACE_COMMIT`, `_REF`, `_BRANCH`, `_TAG`, `_REPOSITORY`, `_AUTHOR`, `_COMMIT_MESSAGE`, `_RUN_ID`, `_RUN_NUMBER`, `_PIPELINE`, `_STEP`, `_ATTEMPT` and `_WORKSPACE`. Only the shell fills them in, so use them in `cmd`. A default (`${CI_COMMIT_SHA:-$MILLRACE_COMMIT}`) ends the warning.',
  ],
  'lint.literal-variable': [
    'warning',
    'A value of `env` holds a variable of the shell (`$PATH`, `${HOME}`). No shell reads it, so the step gets the text as it is written, and a `PATH` of that kind finds no program. Set it in `cmd`, where the shell fills it in (`export PATH="/opt/x:$PATH"`); a list of commands is one shell. What the file declares is `${{ vars.NAME }}` or `${{ inputs.NAME }}`. If a program is meant to read the text as it is, the warning changes nothing.',
  ],
  'lint.hosted-runner': [
    'warning',
    '`runs-on` names a machine that GitHub lends (`ubuntu-latest`). Here it is a label that an executor must have, so the step waits until one has it. Leave the key out, or give an executor the label (the setting `labels`).',
  ],
  'lint.no-executor': [
    'warning',
    'No executor that the server knows has the labels, gives the isolation or can provide the image that is asked for. A step without an executor waits until one comes; one whose image nobody can provide ends with `image.unavailable`. Trying again changes neither.',
  ],
  'lint.triggers': [
    'warning',
    'Triggers are accepted, but in this version nothing starts runs by itself. Start them with `millrace run` or the API.',
  ],
} as const satisfies Record<string, readonly [Severity, string]>;

export type DiagnosticCode = keyof typeof table;

export const diagnosticCodes = Object.keys(table) as readonly DiagnosticCode[];

/** One paragraph about a code, or undefined where there is no such code. */
export function explainDiagnostic(
  code: string,
):
  | { readonly code: string; readonly severity: Severity; readonly explanation: string }
  | undefined {
  if (!Object.hasOwn(table, code)) return undefined;
  const [severity, explanation] = table[code as DiagnosticCode];
  return { code, severity, explanation };
}

export function severityOf(code: DiagnosticCode): Severity {
  return table[code][0];
}
