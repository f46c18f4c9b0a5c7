// biome-ignore-all lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainText } from './plain-text.ts';

const esc = '\u001b';
const red = `${esc}[31m`;
const reset = `${esc}[0m`;

describe('plainText', () => {
  it.each([
    ['plain\ttext ü 𝄞', 'plain\ttext ü 𝄞'],
    [`${red}no${reset} yes`, `${red}no${reset} yes`],
    [`${red}left on`, `${red}left on${reset}`],
    [`${esc}[38;2;1;2;3mrgb${esc}[m`, `${esc}[38;2;1;2;3mrgb${esc}[m`],
    [`a${esc}[2J${esc}[1;1Hb${esc}[3A`, 'ab'],
    [`${esc}]0;title\u0007x`, 'x'],
    [`${esc}]52;c;aGk=${esc}\\x`, 'x'],
    [`${esc}]8;;https://evil${esc}\\link${esc}]8;;${esc}\\`, 'link'],
    [`${esc}]0;never ended`, '0;never ended'],
    [`${esc}P+q544e${esc}\\x`, 'x'],
    [`${esc}_Gpicture${esc}\\x`, 'x'],
    [`${esc}[?1049h${esc}c${esc}(0${esc}[6nx`, 'x'],
    [`${esc}[>4;2mx`, 'x'],
    [`${esc}[31`, '31'],
    [esc, '␛'],
    ['100%\rgone', '100%␍gone'],
    ['a\bb\u0007\u0000\u007f', 'a␈b␇␀␡'],
    ['\u009b2Jx', '\ufffd2Jx'],
    ['a\u061c\u200e\u200fb', 'a\ufffd\ufffd\ufffdb'],
    ['ab\u202egnp.exe', 'ab\ufffdgnp.exe'],
  ])('%j gives %j', (text, plain) => expect(plainText(text, { colour: true })).toBe(plain));

  it('takes colours away too where there is no colour', () => {
    expect(plainText(`${red}no${reset}`, { colour: false })).toBe('no');
  });

  it('lets nothing through but colours, whatever comes', () => {
    const unit = fc.constantFrom(...`${esc}[]P\\;:?>0138mJHhc\u0007\u009c\u009b\r\n a`);
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        const plain = plainText(text, { colour: true });
        expect(plain.replace(/\u001b\[[0-9;:]*m/g, '')).not.toMatch(
          /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/,
        );
      }),
      { numRuns: 1_000 },
    );
  });
});
