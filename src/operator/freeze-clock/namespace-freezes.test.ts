import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryKubeClient } from '../../../test/support/memory-kube-client.ts';
import { MAX_ANNOTATION_BYTES, NamespaceFreezes } from './namespace-freezes.ts';

const signal = new AbortController().signal;
const WINDOWS = 'presence.wedsync.io/freeze-windows.';
const OVERRIDES = 'presence.wedsync.io/freeze-overrides.';

let client: MemoryKubeClient;
let clusters: Set<string>;
let freezes: NamespaceFreezes;

const put = (annotations: Record<string, string>) =>
  client.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'weddings', annotations } });
const annotations = () => {
  const all = Object.entries(client.of('Namespace/weddings')?.metadata.annotations ?? {});
  // This client keeps what a merge patch removes as null.
  return Object.fromEntries(all.filter(([, value]) => value !== null));
};

beforeEach(() => {
  client = new MemoryKubeClient();
  clusters = new Set(['weddings/wedsync', 'weddings/other']);
  freezes = new NamespaceFreezes({ client, exists: (key) => clusters.has(key) });
});

describe('NamespaceFreezes', () => {
  it('writes windows and overrides beside what is there, and nothing that is right', async () => {
    put({ team: 'a', [`${WINDOWS}other`]: 'theirs' });
    await freezes.write('weddings', 'wedsync', { windows: 'mine', overrides: 'open' }, signal);
    const wanted = {
      team: 'a',
      [`${WINDOWS}other`]: 'theirs',
      [`${WINDOWS}wedsync`]: 'mine',
      [`${OVERRIDES}wedsync`]: 'open',
    };
    expect(annotations()).toEqual(wanted);
    client.refuse('patch', 'Namespace/weddings');
    await freezes.write('weddings', 'wedsync', { windows: 'mine', overrides: 'open' }, signal);
    expect(annotations()).toEqual(wanted);
  });

  it('takes its own away, and those of PresenceClusters that are gone', async () => {
    put({ team: 'a', [`${WINDOWS}other`]: 'theirs', [`${WINDOWS}gone`]: 'x', [`${OVERRIDES}gone`]: 'x' });
    await freezes.write('weddings', 'wedsync', { windows: 'mine', overrides: null }, signal);
    await freezes.write('weddings', 'wedsync', undefined, signal);
    expect(annotations()).toEqual({ team: 'a', [`${WINDOWS}other`]: 'theirs' });
  });

  it('sweeps a namespace whose PresenceClusters are all gone', async () => {
    clusters.clear();
    const found = put({ team: 'a', [`${WINDOWS}other`]: 'theirs' });
    await freezes.sweep(found, signal);
    expect(annotations()).toEqual({ team: 'a' });
  });

  it('leaves room to others: one that does not fit is not written in part', async () => {
    put({ [`${WINDOWS}other`]: 'x'.repeat(MAX_ANNOTATION_BYTES - 1000), [`${WINDOWS}wedsync`]: 'old' });
    const write = (length: number) =>
      freezes.write('weddings', 'wedsync', { windows: 'y'.repeat(length), overrides: null }, signal);
    await expect(write(1000)).rejects.toThrow('need more than 128 KiB');
    expect(Object.keys(annotations())).toEqual([`${WINDOWS}other`]);
    await write(800);
    expect(Object.keys(annotations())).toHaveLength(2);
    put({ [`${WINDOWS}other`]: 'x'.repeat(MAX_ANNOTATION_BYTES + 1) });
    await freezes.write('weddings', 'wedsync', undefined, signal);
  });

  it('does nothing in a namespace that is gone', async () => {
    await freezes.write('weddings', 'wedsync', undefined, signal);
    expect(client.objects.size).toBe(0);
  });
});
