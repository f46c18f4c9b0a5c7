/**
 * Whether the place after `script` is inside single quotes of a POSIX shell, where nothing is filled in.
 * Knows quotes, backslashes and comments; here-documents and nested `$( )` are read as plain text,
 * which is near enough for a warning.
 */
export function endsInSingleQuotes(script: string): boolean {
  let quote: 'none' | 'single' | 'double' = 'none';
  for (let at = 0; at < script.length; at += 1) {
    const char = script[at];
    if (quote === 'single') {
      if (char === "'") quote = 'none';
    } else if (char === '\\') {
      at += 1;
    } else if (char === '"') {
      quote = quote === 'double' ? 'none' : 'double';
    } else if (quote === 'none' && char === "'") {
      quote = 'single';
    } else if (quote === 'none' && char === '#' && startsWord(script, at)) {
      const lineEnd = script.indexOf('\n', at);
      if (lineEnd < 0) return false;
      at = lineEnd;
    }
  }
  return quote === 'single';
}

function startsWord(script: string, at: number): boolean {
  return at === 0 || /[\s;&|()]/.test(script[at - 1] ?? '');
}
