import { readFileSync } from 'node:fs';
import { shellWord } from '#libs/kernel';

/** The addresses that a line of the file is for: a host, or what lies below a path of it. */
export interface CredentialPlace {
  /** The text after `USER:PASSWORD@` in the file. */
  readonly written: string;
  readonly scheme: string;
  /** The address without user and password, as git's settings name it. */
  readonly address: string;
}

/**
 * The places that a file of credentials names, those with the longest path first: of several that hold an address git
 * asks the nearest alone, if it comes before the others.
 */
export function credentialPlaces(text: string): readonly CredentialPlace[] {
  const places = new Map<string, CredentialPlace>();
  for (const line of text.split('\n')) {
    const [, scheme = '', written = ''] = /^(https?):\/\/[^/@]*@(\S+)$/.exec(line) ?? [];
    const [, host = '', path = ''] = /^([^/]+)\/*(.*?)\/*$/.exec(written) ?? [];
    // git wrote the colon before a port as %3a. What a setting's name can't hold is offered to nobody.
    const address = `${scheme}://${host.replace(/%3a/i, ':')}${path && `/${path}`}`;
    if (host !== '' && !/[=*?#|]/.test(address) && !places.has(address))
      places.set(address, { written, scheme, address });
  }
  return [...places.values()].sort((one, other) => other.address.length - one.address.length);
}

/**
 * The settings by which git offers each line of the file to the addresses it is for, and to no other: the store by itself
 * gives a line that has a path to every repository of its host. git matches addresses as they are asked for, so one that
 * a server redirects to has to be in the file as well. What they name are places; passwords stay in the file.
 */
export function credentialSettings(file: string): readonly string[] {
  return credentialPlaces(textOf(file)).map(({ written, scheme, address }) => {
    const pattern = `${scheme}://[^/@]*@${written.replace(/[\\.^$[]/g, '\\$&')}`;
    const line = `sed -n ${shellWord(`\\|^${pattern}$|{p;q;}`)} ${shellWord(file)}`;
    // The store by itself would drop a line that a server refused once: it is only ever asked.
    const ask = `git credential-store --file=/dev/fd/3 get 3<&0 0<&4`;
    return `credential.${address}.helper=!f() { case "$1" in get) ${line} | ${ask};; esac; } 4<&0; f`;
  });
}

/** Each line is an argument of each call of git: 500 cost 50 ms a call, 5,000 more memory than git may have. */
const linesMax = 200;

/** Why the file can't be used, or undefined. */
export function credentialsProblem(file: string): string | undefined {
  const { length } = credentialPlaces(textOf(file));
  return length > linesMax
    ? `the file of the setting git_credentials_file names ${length} places, and may name ${linesMax}`
    : undefined;
}

/** Empty if it can't be read: git then reports that a password was asked for, and the hint names the setting. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
