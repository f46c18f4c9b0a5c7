import { limits } from './limits.ts';
import type { Problem } from './problem.ts';

export type SourceText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly text: string; readonly problem: Problem };

// Control characters except tab, line ends and NEL (YAML 1.2 §5.1), and the two non-characters of the BMP.
const forbidden = /[^\P{Cc}\t\n\r\u0085]|[\ufffe\uffff]/u;

/**
 * The file's bytes as text: UTF-8 without its byte order mark, no control characters, at most 1 MiB.
 * Where the bytes are refused, `text` is what could be read before the offending place.
 */
export function readSourceText(source: string | Uint8Array): SourceText {
  if (typeof source === 'string') return checkText(source);
  if (source.byteLength > limits.bytesMax) return tooLarge(source.byteLength);
  const [first, second] = source;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    const message = 'the file is UTF-16, a pipeline file is UTF-8';
    const hint = 'save it again as UTF-8';
    return refuse('', { code: 'yaml.encoding', offset: 0, message, hint });
  }
  const validBytes = countValidUtf8(source);
  const text = new TextDecoder().decode(source.subarray(0, validBytes));
  if (validBytes === source.byteLength) return checkText(text);
  const nul = text.indexOf('\0');
  if (nul >= 0) return checkText(text);
  const byte = (source[validBytes] ?? 0).toString(16).padStart(2, '0');
  return refuse(text, {
    code: 'yaml.encoding',
    offset: text.length,
    message: `the file is not UTF-8: byte 0x${byte} at offset ${validBytes} does not belong there`,
    hint: 'it looks like Latin-1 or binary, save it as UTF-8',
  });
}

function checkText(raw: string): SourceText {
  const text = raw.startsWith('\ufeff') ? raw.slice(1) : raw;
  if (text.length > limits.bytesMax) return tooLarge(Buffer.byteLength(text));
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.bytesMax) return tooLarge(bytes);
  const offset = text.search(forbidden);
  if (offset >= 0) {
    const hex = text.charCodeAt(offset).toString(16).padStart(4, '0').toUpperCase();
    const message = `the file holds the control character U+${hex}`;
    return refuse(text.slice(0, offset), { code: 'yaml.control-character', offset, message });
  }
  if (!text.isWellFormed()) {
    const message = 'the text holds a lone surrogate (half a character)';
    const at = text.search(/\p{Surrogate}/u);
    return refuse(text.slice(0, at), { code: 'yaml.control-character', offset: at, message });
  }
  return { ok: true, text };
}

/** How many bytes from the start are whole UTF-8: a prefix that breaks stays broken, so halving finds the place. */
function countValidUtf8(bytes: Uint8Array): number {
  if (isUtf8(bytes, false)) return bytes.byteLength;
  let good = 0;
  let bad = bytes.byteLength;
  // A file that only ends too early has no broken prefix while the decoder may wait for more bytes.
  if (isUtf8(bytes, true)) return incompleteTailStart(bytes);
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isUtf8(bytes.subarray(0, middle), true)) good = middle;
    else bad = middle;
  }
  const prefix = bytes.subarray(0, good);
  return isUtf8(prefix, false) ? good : incompleteTailStart(prefix);
}

function incompleteTailStart(bytes: Uint8Array): number {
  let start = bytes.byteLength - 1;
  while (start > 0 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  return start;
}

function isUtf8(bytes: Uint8Array, mayEndEarly: boolean): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: mayEndEarly });
    return true;
  } catch {
    return false;
  }
}

function tooLarge(bytes: number): SourceText {
  const message = `the file has ${bytes} bytes, at most ${limits.bytesMax} are allowed`;
  return refuse('', { code: 'limit.bytes', offset: 0, message });
}

function refuse(text: string, problem: Problem): SourceText {
  return { ok: false, text, problem };
}
