import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { presenceCluster, wedding } from '../../test/support/presence-cluster-builder.ts';
import { TIMELINE_SPANS } from '../api/dashboard/timeline-span.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import type { KubeObject, ResourceType } from '../platform/kube/resource.ts';
import { DashboardState } from './dashboard-state.ts';
import { EVERYTHING } from './viewer.ts';

const KEY = 'weddings/wedsync';
const END_OF_LIST = { annotations: { 'k8s.io/initial-events-end': 'true' } };

let clock: ManualClock;
let watches: Map<string, PassThrough>;
let state: DashboardState;

/** An API server that has what a test tells. */
const client = {
  watch: ({ kind }: ResourceType, { onOpen }: { onOpen?: () => void }) => {
    const stream = new PassThrough({ objectMode: true });
    watches.set(kind, stream);
    onOpen?.();
    return stream[Symbol.asyncIterator]();
  },
} as unknown as KubeClient;

beforeEach(() => {
  clock = new ManualClock('2027-06-05T17:00:00Z');
  watches = new Map();
  state = new DashboardState({
    client,
    clock,
    version: '1.2.3',
    namespaces: ['weddings'],
    readsHistory: false,
    isInCluster: true,
  });
});

describe('DashboardState', () => {
  it('does not say that there is nothing before it has read', () => {
    expect(() => state.namespaces()).toThrow(expect.objectContaining({ code: 503 }));
  });

  it('tells no viewer which namespaces it watches', () => {
    expect(state.healthFrame().toString()).not.toContain('weddings');
  });
});

describe('a page whose object is deleted while a viewer has it open', () => {
  const tell = async (type: string, object: KubeObject) => {
    const metadata = { ...object.metadata, resourceVersion: '2' };
    watches.get(object.kind)?.write({ type, object: { ...object, metadata } });
    await clock.advance(1000);
  };

  const objects = { PresenceCluster: presenceCluster(), Wedding: wedding() };
  const pages = {
    PresenceCluster: () => state.page(KEY, TIMELINE_SPANS[0]),
    Wedding: () => state.wedding(KEY, 'ada-and-grace'),
  };

  it.each(['PresenceCluster', 'Wedding'] as const)('ends, and is not there any more: %s', async (kind) => {
    state.start();
    for (const [name, stream] of watches)
      stream.write({
        type: 'BOOKMARK',
        object: { kind: name, metadata: { resourceVersion: '1', ...END_OF_LIST } },
      });
    await clock.advance(1000);
    for (const object of Object.values(objects)) await tell('ADDED', object);
    const response = new EventEmitter();
    Object.assign(response, { write: () => true, destroy: () => void response.emit('close') });
    const stream = pages[kind]();
    stream?.add(response as unknown as ServerResponse, state.healthFrame(), EVERYTHING);
    expect(stream?.size).toBe(1);
    await tell('DELETED', objects[kind]);
    expect(stream?.size).toBe(0);
    expect(pages[kind]()).toBeUndefined();
  });
});
