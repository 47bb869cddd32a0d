import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { pinned } from './pin-base-images.ts';

const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;

describe('base images', () => {
  it('get the digest that the registry says, beside their tag, as often as it is asked', () => {
    const dockerfile = 'FROM node:26-slim AS build\nRUN x\nFROM debian:12\nCOPY --from=build /a /a\n';
    const once = pinned(dockerfile, (image) => digest(image.startsWith('node') ? '1' : '2'));
    expect(once).toBe(
      `FROM node:26-slim@${digest('1')} AS build\nRUN x\nFROM debian:12@${digest('2')}\nCOPY --from=build /a /a\n`,
    );
    expect(pinned(once, () => digest('3'))).toBe(once.replaceAll(/sha256:\d+/g, digest('3')));
  });

  it('stay as they are when the registry gives no digest', () => {
    expect(() => pinned('FROM debian:12\n', () => '')).toThrow(
      'the registry gives no digest of debian:12, but ""',
    );
  });

  it('of our Dockerfile are all found', () => {
    const asked: string[] = [];
    const ours = readFileSync(path.resolve(import.meta.dirname, '../Dockerfile'), 'utf8');
    pinned(ours, (image) => {
      asked.push(image);
      return digest('1');
    });
    expect(asked).toHaveLength([...ours.matchAll(/^FROM /gm)].length);
    expect(asked.length).toBeGreaterThan(1);
  });
});
