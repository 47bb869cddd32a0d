import { describe, expect, it } from 'vitest';
import { contentHash, sha256Hex } from './content-hash.ts';

describe('contentHash', () => {
  it('is of the content, whatever the order of the keys', () => {
    expect(contentHash({ a: 1, b: { c: 2, d: [3] } })).toBe(contentHash({ b: { d: [3], c: 2 }, a: 1 }));
    expect(contentHash({ a: [1, 2] })).not.toBe(contentHash({ a: [2, 1] }));
    expect(contentHash({ a: 1, gone: undefined })).toBe(contentHash({ a: 1 }));
    expect(contentHash({})).toMatch(/^[0-9a-f]{10}$/);
  });

  it('digests text as everybody does', () => {
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
