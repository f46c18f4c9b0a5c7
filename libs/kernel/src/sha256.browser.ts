// What a browser has of SHA-256 answers later; ids and hashes of plans are wanted at once. FIPS 180-4, section 6.2.

/** The first 32 bits of the fractional parts of the roots of the first primes. */
const firstPrimes = (() => {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < 64; candidate += 1) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes;
})();
const fraction = (root: number) => ((root - Math.floor(root)) * 2 ** 32) | 0;
const roundConstants = Int32Array.from(firstPrimes, (prime) => fraction(Math.cbrt(prime)));
const initialState = Int32Array.from(firstPrimes.slice(0, 8), (prime) =>
  fraction(Math.sqrt(prime)),
);

const rotate = (word: number, by: number) => (word >>> by) | (word << (32 - by));

/** SHA-256 of bytes, or of a text as UTF-8, in lower-case hexadecimal digits. */
export function sha256Hex(data: string | Uint8Array): string {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  const padded = new Uint8Array((bytes.length + 8 + 64) & ~63);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n);
  const state = initialState.slice();
  const schedule = new Int32Array(64);
  for (let at = 0; at < padded.length; at += 64) {
    for (let word = 0; word < 16; word += 1) schedule[word] = view.getInt32(at + word * 4);
    extend(schedule);
    compress(state, schedule);
  }
  return [...state].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

function extend(schedule: Int32Array): void {
  const word = (at: number) => schedule[at] ?? 0;
  for (let at = 16; at < 64; at += 1) {
    const [early, late] = [word(at - 15), word(at - 2)];
    const first = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const second = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    schedule[at] = (word(at - 16) + first + word(at - 7) + second) | 0;
  }
}

function compress(state: Int32Array, schedule: Int32Array): void {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let at = 0; at < 64; at += 1) {
    const high = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const choice = (e & f) ^ (~e & g);
    const first = (h + high + choice + (roundConstants[at] ?? 0) + (schedule[at] ?? 0)) | 0;
    const low = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const second = (low + majority) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, at) => {
    state[at] = ((state[at] ?? 0) + word) | 0;
  });
}
