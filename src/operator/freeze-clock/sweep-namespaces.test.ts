import { expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { MemoryKubeClient } from '../../../test/support/memory-kube-client.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import { NamespaceChangeFreezes } from '../change-freeze/namespace-change-freezes.ts';
import { NamespaceFreezes } from './namespace-freezes.ts';
import { sweepNamespaces } from './sweep-namespaces.ts';

const KEPT = 'presence.wedsync.io/change-windows.weekend';
const PLANTED = 'presence.wedsync.io/change-windows.planted';
const LABEL = 'presence.wedsync.io/change-freezes';
const TEN_MINUTES_MS = 600_000;
const SEEN = { timeout: 30_000 };

function world() {
  const client = new MemoryKubeClient();
  const clock = new ManualClock('2027-06-01T10:00:00Z');
  const sweepers = [
    new NamespaceChangeFreezes({ client, exists: (key) => key === 'shop/weekend' }),
    new NamespaceFreezes({ client, exists: () => false }),
  ];
  const task = sweepNamespaces({
    client,
    clock,
    sweepers,
    namespaces: ['shop', 'weddings'],
    log: silentLogger(),
  });
  const make = (annotations: Record<string, string>, name = 'shop') =>
    client.put({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, annotations, labels: { [LABEL]: 'true' } },
    });
  const metadata = (name = 'shop') => client.of(`Namespace/${name}`)?.metadata;
  const annotation = (key: string) => metadata()?.annotations?.[key] ?? undefined;
  return { client, clock, task, make, metadata, annotation };
}

it('removes what no PresenceCluster and no ChangeFreeze stands behind, at once and every ten minutes', async () => {
  const { clock, task, make, metadata, annotation } = world();
  make({ [KEPT]: 'seen', [PLANTED]: 'seen', 'presence.wedsync.io/freeze-windows.gone': 'seen' });
  task.start();
  await expect.poll(() => annotation(PLANTED), SEEN).toBeUndefined();
  await expect.poll(() => annotation('presence.wedsync.io/freeze-windows.gone'), SEEN).toBeUndefined();
  expect(annotation(KEPT)).toBe('seen');
  make({ [PLANTED]: 'seen' });
  await expect.poll(() => clock.pending, SEEN).toBe(1);
  await clock.advance(TEN_MINUTES_MS);
  await expect.poll(() => metadata()?.labels?.[LABEL] ?? undefined, SEEN).toBeUndefined();
  expect(annotation(PLANTED)).toBeUndefined();
  await task.stop();
  expect(clock.pending).toBe(0);
});

it('keeps the label of a ChangeFreeze that is written while it looks, and tries again', async () => {
  const { client, clock, task, make, metadata, annotation } = world();
  make({ [PLANTED]: 'seen' });
  client.before('patch', 'Namespace/shop', () => make({ [PLANTED]: 'seen', [KEPT]: 'seen' }));
  task.start();
  await expect.poll(() => clock.pending, SEEN).toBe(1);
  expect(metadata()?.labels?.[LABEL]).toBe('true');
  await clock.advance(TEN_MINUTES_MS);
  await expect.poll(() => annotation(PLANTED), SEEN).toBeUndefined();
  expect([annotation(KEPT), metadata()?.labels?.[LABEL]]).toEqual(['seen', 'true']);
  await task.stop();
});

it('goes on with the others when one Namespace is refused', async () => {
  const { client, task, make, metadata } = world();
  make({ [PLANTED]: 'seen' });
  make({ [PLANTED]: 'seen' }, 'weddings');
  client.refuse('patch', 'Namespace/shop', 422);
  task.start();
  await expect.poll(() => metadata('weddings')?.labels?.[LABEL] ?? undefined, SEEN).toBeUndefined();
  expect(metadata()?.annotations?.[PLANTED]).toBe('seen');
  await task.stop();
});
