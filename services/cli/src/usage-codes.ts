/** Codes of wrong calls of the command: what they mean and what to do. A code never changes its meaning. */
export const usageCodes = {
  'usage.invalid': ['The command line is not understood', 'See `millrace COMMAND --help`.'],
  'code.unknown': [
    'There is no such code',
    'Codes stand in brackets at the end of an error, such as run.not-found; `millrace explain` lists all.',
  ],
  'config.unknown': ['There is no such setting', 'List them with `millrace config explain`.'],
  'file.unreadable': ['The file cannot be read', 'Check the path and its permissions.'],
  'file.unwritable': ['The file cannot be written', 'Check the directory and its permissions.'],
  'init.exists': ['There is a pipeline file already', 'Edit it, or remove it first.'],
  'input.malformed': ['An input is given as NAME=VALUE', 'Quote values with blanks.'],
  'replay.diff': [
    '--diff compares two states',
    'Give two positions or two times: `millrace replay RUN` lists them.',
  ],
  'retry.ambiguous': [
    'A retry repeats what failed, or one step',
    'Leave one of the two out: `millrace retry RUN` repeats what failed.',
  ],
  'source.malformed': ['A commit has a repository', 'Give --git URL and --commit REF together.'],
} as const satisfies Record<string, readonly [title: string, hint: string]>;

export type UsageCode = keyof typeof usageCodes;

export function isUsageCode(code: string): code is UsageCode {
  return Object.hasOwn(usageCodes, code);
}
