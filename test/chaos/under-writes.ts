import { afterAll, afterEach, beforeAll } from 'vitest';
import { apply, presenceCluster } from '../e2e/presence-cluster.ts';
import { applyNamespace, connect, deleteNamespace } from '../support/live-cluster.ts';
import { settled, type Victim } from './redis-under-fire.ts';
import { WRITER_LABELS, WriterPod } from './writer-pod.ts';

const SETTLES_WITHIN_SECONDS = 120;

/** A PresenceCluster with a writer on each of its shards, for the tests of one file. */
export interface UnderWrites extends Victim {
  readonly writer: WriterPod;
  /** What mends that which a test has broken; called after each test, whatever became of it. */
  undo: () => Promise<void>;
}

/** Without presence pods, unless the spec has some: they would write as well. */
export function underWrites(name: string, spec: Record<string, unknown> = {}): UnderWrites {
  const namespace = `chaos-${name}`;
  const client = connect();
  const nothingToUndo = async (): Promise<void> => {};
  let writer: WriterPod | undefined;
  const fire: UnderWrites = {
    client,
    namespace,
    name,
    undo: nothingToUndo,
    get writer() {
      if (writer === undefined) throw new Error('the writer starts before the first test');
      return writer;
    },
  };
  beforeAll(async () => {
    await applyNamespace(client, namespace);
    await apply(client, presenceCluster(namespace, name, { ...NO_PRESENCE, ...spec }));
    await settled(fire, SETTLES_WITHIN_SECONDS);
    const { tls } = (spec.redis ?? {}) as { tls?: object };
    writer = await WriterPod.start(client, namespace, name, tls !== undefined);
    await writer.recovered(30);
  });
  afterEach(async () => {
    await fire.undo();
    fire.undo = nothingToUndo;
  });
  afterAll(async () => {
    await deleteNamespace(client, namespace, 120);
    await client.close();
  });
  return fire;
}

export const NO_PRESENCE = {
  scaling: { mode: 'Off' },
  presence: { replicas: 0 },
  networkPolicy: { redisClients: [{ podSelector: { matchLabels: WRITER_LABELS } }] },
};
