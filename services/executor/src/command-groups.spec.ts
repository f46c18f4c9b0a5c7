import { describe, expect, it } from 'vitest';
import { CommandGroups, commandMark } from './command-groups.ts';

const word = 'w0rd';
const mark = (command: number) => commandMark(word, command);

function open(commands: readonly string[], losesMarks = false) {
  const seen: string[] = [];
  let nowMs = 0;
  let text = '';
  const flush = () => {
    if (text !== '') seen.push(text);
    text = '';
  };
  const groups = new CommandGroups({
    commands,
    word,
    losesMarks,
    clock: { monotonicMs: () => nowMs },
    log: {
      async write(_stream, bytes) {
        text += Buffer.from(bytes).toString();
      },
      async say(line) {
        flush();
        seen.push(`# ${line}`);
      },
      async group({ edge, command, of }, line) {
        flush();
        seen.push(`# ${edge} ${command}/${of} ${line}`);
      },
    },
  });
  const print = async (printed: string, takesMs = 0) => {
    nowMs += takesMs;
    await groups.take({ stream: 'output', bytes: Buffer.from(printed) });
  };
  return { groups, seen, flush, print };
}

describe('the commands of a list', () => {
  it('leave stderr alone where it has a pipe of its own, whatever stdout holds back meanwhile', async () => {
    const written: [string, string][] = [];
    const groups = new CommandGroups({
      commands: ['a', 'b'],
      word,
      losesMarks: false,
      clock: { monotonicMs: () => 0 },
      log: {
        write: async (stream, bytes) => void written.push([stream, Buffer.from(bytes).toString()]),
        say: async () => {},
        group: async () => {},
      },
    });
    const take = (stream: 'stdout' | 'stderr', text: string) =>
      groups.take({ stream, bytes: Buffer.from(text) });
    await take('stdout', `${mark(1)}out${mark(2).slice(0, 5)}`);
    await take('stderr', `${mark(2)}err`);
    await take('stdout', `${mark(2).slice(5)}more`);
    await groups.finish(false);
    expect(written).toEqual([
      ['stdout', 'out'],
      ['stderr', `${mark(2)}err`],
      ['stdout', 'more'],
    ]);
  });

  const expected = [
    '# begins 1/2 $ make',
    'a\n',
    '# ends 1/2 took 1.0s',
    '# begins 2/2 $ make test',
    '# > and more',
    'b\n',
    '# ends 2/2 took 2.0s',
  ];
  const printed = `${mark(1)}a\n${mark(2)}b\n`;

  it('are groups with their text, output and time', async () => {
    const { groups, seen, print } = open(['make', 'make test\nand more']);
    await print(`${mark(1)}a\n`);
    await print(`${mark(2)}b\n`, 1_000);
    await print('', 2_000);
    await groups.finish(false);
    expect(seen).toEqual(expected);
  });

  it('are told apart wherever the pieces of the output end', async () => {
    for (let size = 1; size <= printed.length; size += 1) {
      const { groups, seen, print } = open(['make', 'make test\nand more']);
      for (let at = 0; at < printed.length; at += size) await print(printed.slice(at, at + size));
      await groups.finish(false);
      expect(seen.filter((line) => !line.startsWith('# ends'))).toEqual(
        expected.filter((line) => !line.startsWith('# ends')),
      );
    }
  });
});

describe('a list that ends before its last command', () => {
  const endOf = async (
    printed: string,
    { isOwnEnd = true, losesMarks = false }: { isOwnEnd?: boolean; losesMarks?: boolean } = {},
  ) => {
    const { groups, seen, print } = open(['exit 0', 'b', 'c'], losesMarks);
    await print(printed);
    await groups.finish(isOwnEnd);
    return seen.at(-1);
  };

  it('says so, and where', async () => {
    expect(await endOf(mark(1))).toBe('# 1 of 3 commands ran: the step’s shell ended in command 1');
    expect(await endOf(mark(1) + mark(2), { losesMarks: true })).toBe(
      '# 2 of 3 commands ran: the step’s shell ended in command 2, or the output was turned elsewhere there',
    );
  });

  it('says nothing where all began, none did, or it was ended from outside', async () => {
    expect(await endOf(mark(1) + mark(2) + mark(3))).toMatch(/^# ends 3/);
    expect(await endOf('x')).toBeUndefined();
    expect(await endOf(mark(1), { isOwnEnd: false })).toMatch(/^# ends 1/);
  });
});

describe('what is no mark', () => {
  it.each([
    ['of another attempt', commandMark('other', 1)],
    ['cut', mark(1).slice(0, -1)],
    ['an escape at the end', 'x\u001b'],
    ['a half one', `${mark(1).slice(0, 9)}x`],
  ])('is output: %s', async (_, text) => {
    const { groups, seen, print, flush } = open(['a', 'b']);
    await print(text);
    await groups.finish(false);
    flush();
    expect(seen).toEqual([text]);
  });

  it.each([0, 3, 9999])('opens no group: command %i', async (command) => {
    const { groups, seen, print, flush } = open(['a', 'b']);
    await print(`x${mark(command)}y`);
    await groups.finish(false);
    flush();
    expect(seen).toEqual(['xy']);
  });

  it('goes back to no command before', async () => {
    const { groups, seen, print } = open(['a', 'b']);
    await print(`${mark(2)}${mark(1)}x${mark(2)}y`);
    await groups.finish(false);
    expect(seen).toEqual(['# begins 2/2 $ b', 'xy', '# ends 2/2 took 0ms']);
  });

  it('in a step with one command is left alone', async () => {
    const { seen, print, flush } = open(['a']);
    await print(mark(1));
    flush();
    expect(seen).toEqual([mark(1)]);
  });
});
