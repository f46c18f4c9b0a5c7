/** What the shell makes of a place in a script. */
export type ShellPlace =
  | 'code'
  /** Between single quotes: nothing is filled in. */
  | 'single-quotes'
  /** In a here-document whose delimiter is quoted (`<<'EOF'`): nothing is filled in. */
  | 'quoted-heredoc'
  | 'comment';

interface Heredoc {
  readonly delimiter: string;
  readonly isQuoted: boolean;
  /** `<<-`: tabs before the delimiter don't count. */
  readonly stripsTabs: boolean;
}

/**
 * What each of the offsets (ascending) stands in, as a POSIX shell reads the script. Knows quotes, backslashes, comments
 * and here-documents; nested `$( )` is read as plain text, which is near enough for a warning.
 */
export function shellPlaces(script: string, offsets: readonly number[]): ShellPlace[] {
  const scan = new ShellScan(script);
  return offsets.map((offset) => scan.placeAt(offset));
}

class ShellScan {
  readonly #script: string;
  #at = 0;
  #place: ShellPlace | 'double-quotes' = 'code';
  #arithmetic = false;
  /** Their bodies begin behind the next line end. */
  #announced: Heredoc[] = [];
  #bodies: Heredoc[] = [];

  constructor(script: string) {
    this.#script = script;
  }

  placeAt(offset: number): ShellPlace {
    while (this.#at < offset) {
      const body = this.#bodies[0];
      if (body) {
        // A line that is not read to its end may hold the offset.
        const lineEnd = this.#lineEnd(this.#at);
        if (offset <= lineEnd) return body.isQuoted ? 'quoted-heredoc' : 'code';
        this.#readBodyLine(body, lineEnd);
      } else this.#step();
    }
    const body = this.#bodies[0];
    if (body) return body.isQuoted ? 'quoted-heredoc' : 'code';
    return this.#place === 'double-quotes' ? 'code' : this.#place;
  }

  #readBodyLine(body: Heredoc, lineEnd: number): void {
    const line = this.#script.slice(this.#at, lineEnd);
    this.#at = lineEnd + 1;
    if ((body.stripsTabs ? line.replace(/^\t+/, '') : line) === body.delimiter) {
      this.#bodies.shift();
    }
  }

  #step(): void {
    const char = this.#script[this.#at] ?? '';
    if (char === '\n') this.#endLine();
    else if (this.#place === 'single-quotes') this.#close(char, "'");
    else if (this.#place === 'comment') this.#at = this.#lineEnd(this.#at);
    else if (char === '\\') this.#at += 2;
    else if (this.#place === 'double-quotes') this.#close(char, '"');
    else this.#stepCode(char);
  }

  #close(char: string, quote: string): void {
    if (char === quote) this.#place = 'code';
    this.#at += 1;
  }

  #endLine(): void {
    this.#at += 1;
    if (this.#place === 'comment') this.#place = 'code';
    if (this.#place !== 'code') return;
    this.#bodies = this.#announced;
    this.#announced = [];
  }

  #stepCode(char: string): void {
    const two = this.#script.slice(this.#at, this.#at + 2);
    if (two === '((') this.#arithmetic = true;
    if (two === '))') this.#arithmetic = false;
    if (two === '<<' && !this.#arithmetic) this.#readOperator();
    else {
      if (char === "'") this.#place = 'single-quotes';
      else if (char === '"') this.#place = 'double-quotes';
      else if (char === '#' && this.#startsWord()) this.#place = 'comment';
      this.#at += 1;
    }
  }

  /** `<<[-] DELIMITER`, where any quote in the delimiter keeps the body as it stands; `<<<` is a here-string. */
  #readOperator(): void {
    heredocStart.lastIndex = this.#at;
    const [all, dash, word = ''] = heredocStart.exec(this.#script) ?? [];
    if (all === undefined) {
      this.#at += this.#script.startsWith('<<<', this.#at) ? 3 : 2;
      return;
    }
    this.#at += all.length;
    this.#announced.push({
      delimiter: word.replace(/\\(.)/g, '$1').replace(/['"]/g, ''),
      isQuoted: /['"\\]/.test(word),
      stripsTabs: dash === '-',
    });
  }

  #startsWord(): boolean {
    return this.#at === 0 || /[\s;&|()]/.test(this.#script[this.#at - 1] ?? '');
  }

  #lineEnd(from: number): number {
    const at = this.#script.indexOf('\n', from);
    return at < 0 ? this.#script.length : at;
  }
}

const heredocStart = /<<(?!<)(-?)[ \t]*((?:\\.|'[^'\n]*'|"[^"\n]*"|[^\s;&|<>()'"\\])+)/y;
