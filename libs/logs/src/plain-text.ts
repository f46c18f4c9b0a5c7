// biome-ignore-all lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
import { activeCharacters } from '#libs/kernel';

const sequence = new RegExp(
  [
    /\u001b\[([0-?]*)([ -/]*)([@-~])/,
    /\u001b\][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)/,
    /\u001b[PX^_][^\u001b\u009c]*(?:\u001b\\|\u009c)/,
    /\u001b[ -/]*[0-~]/,
    new RegExp(`[\\n${activeCharacters}]`),
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);
const colourParameters = /^[0-9;:]{0,64}$/;
const reset = '\u001b[0m';

/**
 * Makes one stored log line safe for a person's terminal. Colours and text styles stay (unless `colour` is
 * false) and are ended with the line; everything else that a terminal would act on is taken away or shown: cursor
 * moves, titles, the clipboard, links' targets, alternate screens, reports, overwriting by carriage return, and
 * marks that turn the reading direction. Tabs stay.
 */
export function plainText(text: string, { colour }: { readonly colour: boolean }): string {
  let isStyled = false;
  const plain = text.replace(
    sequence,
    (found: string, parameters?: string, between?: string, final?: string) => {
      if (final === undefined)
        return found.startsWith('\u001b') && found.length > 1 ? '' : shown(found);
      const isColour = final === 'm' && between === '' && colourParameters.test(parameters ?? '');
      if (!isColour || !colour) return '';
      isStyled = !/^0*$/.test(parameters ?? '');
      return found;
    },
  );
  return isStyled ? plain + reset : plain;
}

/** A control character as its picture, others as the replacement character. */
function shown(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\ufffd';
}
