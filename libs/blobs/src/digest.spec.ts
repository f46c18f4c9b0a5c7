import { describe, expect, it } from 'vitest';
import { BlobMeter, blobNotFound, isSha256 } from './digest.ts';

const emptySha = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('isSha256', () => {
  it.each([
    [emptySha, true],
    [emptySha.toUpperCase(), false],
    [`${emptySha}\n`, false],
    ['../../etc/passwd', false],
    ['', false],
  ])('%j is %s', (text, answer) => expect(isSha256(text)).toBe(answer));

  it('keeps odd names out of messages', () => {
    expect(blobNotFound('\u001b[2J').message).toBe('there is no blob of that name');
  });
});

describe('BlobMeter', () => {
  it('counts and hashes', () => {
    expect(new BlobMeter({}).finish()).toEqual({ sha256: emptySha, size: 0 });
  });

  it('allows exactly the limit', () => {
    const meter = new BlobMeter({ bytesMax: 2 });
    meter.take(Buffer.from('ab'));
    expect(() => meter.take(Buffer.from('c'))).toThrow('more than 2 bytes');
  });

  it('refuses another digest', () => {
    const meter = new BlobMeter({ sha256: emptySha });
    meter.take(Buffer.from('a'));
    expect(() => meter.finish()).toThrow(/not e3b0/);
  });
});
