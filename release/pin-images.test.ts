import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repository } from '../test/cluster/paths.ts';
import { upstreamImages } from '../test/cluster/versions.ts';
import { pinned, unpinnedImages } from './pin-images.ts';

const VALUES = 'charts/presence-operator/values.yaml';
const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;
const read = (name: string): string => readFileSync(path.join(repository, name), 'utf8');

describe('images of others', () => {
  it('get the digest that the registry says, beside their tag, as often as it is asked', () => {
    const dockerfile = 'FROM node:26-slim AS build\nRUN x\nFROM debian:12\nCOPY --from=build /a /a\n';
    const once = pinned('Dockerfile', dockerfile, (image) => digest(image.startsWith('node') ? '1' : '2'));
    expect(once).toBe(
      `FROM node:26-slim@${digest('1')} AS build\nRUN x\nFROM debian:12@${digest('2')}\nCOPY --from=build /a /a\n`,
    );
    expect(pinned('Dockerfile', once, () => digest('3'))).toBe(once.replaceAll(/sha256:\d+/g, digest('3')));
  });

  it('of the chart are those of Valkey and Redis', () => {
    const values = parse(pinned(VALUES, read(VALUES), () => digest('1'))) as { redisImages: object };
    expect(values.redisImages).toEqual({
      valkey: expect.stringMatching(/^valkey\/valkey:[\d.]+@sha256:1{64}$/),
      redis: expect.stringMatching(/^redis:[\d.]+@sha256:1{64}$/),
    });
  });

  it('are the same in the chart and in the tests on a cluster that can pull', () => {
    const { redisImages } = parse(read(VALUES)) as { redisImages: Record<'valkey' | 'redis', string> };
    for (const engine of ['valkey', 'redis'] as const)
      expect(redisImages[engine].split('@')[0]).toBe(upstreamImages[engine]);
  });

  it('stay as they are when the registry gives no digest', () => {
    expect(() => pinned('Dockerfile', 'FROM debian:12\n', () => '')).toThrow(
      'the registry gives no digest of debian:12, but ""',
    );
  });
});

describe('images without a digest', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(path.join(tmpdir(), 'pin-images-'));
    mkdirSync(path.join(root, path.dirname(VALUES)), { recursive: true });
    for (const name of ['Dockerfile', VALUES]) cpSync(path.join(repository, name), path.join(root, name));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it('are named with their file until all are pinned', () => {
    for (const name of ['Dockerfile', VALUES]) {
      writeFileSync(path.join(root, name), read(name).replaceAll(/@sha256:[0-9a-f]{64}/g, ''));
    }
    const bases = [...read('Dockerfile').matchAll(/^FROM /gm)].length;
    const found = unpinnedImages(root);
    expect(found).toHaveLength(bases + 2);
    expect(found).toContainEqual(expect.stringMatching(/values\.yaml: redis:/));
    for (const name of ['Dockerfile', VALUES]) {
      const text = readFileSync(path.join(root, name), 'utf8');
      writeFileSync(
        path.join(root, name),
        pinned(name, text, () => digest('1')),
      );
    }
    expect(unpinnedImages(root)).toEqual([]);
  });
});
