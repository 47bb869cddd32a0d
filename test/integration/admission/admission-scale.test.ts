import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { ADMIN, MERGE_PATCH, type PolicyServer, startPolicyServer } from './policy-server.ts';

const NAMESPACE = 'weddings';
const PATH = `/apis/presence.wedsync.io/v1alpha1/namespaces/${NAMESPACE}/presenceclusters`;
/** A policy takes effect some seconds after it is created. */
const IN_EFFECT_WITHIN_SECONDS = 60;

let server: PolicyServer;

const cluster = (name: string, mode: string) => ({
  apiVersion: 'presence.wedsync.io/v1alpha1',
  kind: 'PresenceCluster',
  metadata: { name },
  spec: { timeZone: 'Europe/London', scaling: { mode }, presence: { replicas: 2 } },
});
const scale = (name: string, replicas: number) =>
  server.kubectl(ADMIN, ['scale', 'pcl', name, '-n', NAMESPACE, `--replicas=${replicas}`]);
const autoscale = (name: string) =>
  server.kubectl(ADMIN, ['autoscale', 'pcl', name, '-n', NAMESPACE, '--min=2', '--max=9', '--cpu=50%']);
const replicasOf = async (name: string): Promise<number> =>
  (await server.must(ADMIN, { method: 'GET', path: `${PATH}/${name}` })).body.spec.presence.replicas;

beforeAll(async () => {
  server = await startPolicyServer();
  const metadata = { name: NAMESPACE };
  await server.must(ADMIN, { method: 'POST', path: '/api/v1/namespaces', body: { metadata } });
  for (const [name, mode] of [
    ['calendar', 'Multipliers'],
    ['own', 'Off'],
  ] as const) {
    await server.must(ADMIN, { method: 'POST', path: PATH, body: cluster(name, mode) });
  }
  let replicas = 10;
  await eventually({ what: 'the policy is in effect', withinSeconds: IN_EFFECT_WITHIN_SECONDS }, async () => {
    // Another number each time: one that it has already changes nothing.
    return (await scale('calendar', ++replicas)).text.includes('spec.scaling.mode of calendar');
  });
}, 600_000);

afterAll(() => server?.stop());

describe('kubectl scale and kubectl autoscale of a PresenceCluster', () => {
  it('are refused where the mode would not use the number, with what to do instead', async () => {
    const before = await replicasOf('calendar');
    const scaled = await scale('calendar', 9);
    expect(scaled.code).not.toBe(0);
    expect(scaled.text).toMatch(
      /spec\.scaling\.mode of calendar is Multipliers: .*spec\.scaling\.minReplicas/,
    );
    expect(await replicasOf('calendar')).toBe(before);
    const autoscaled = await autoscale('calendar');
    expect(autoscaled.code).not.toBe(0);
    expect(autoscaled.text).toContain('first set spec.scaling.mode to Off');
  });

  it('work in mode Off, beside a PresenceCluster in another mode', async () => {
    expect(await scale('own', 5)).toMatchObject({ code: 0 });
    expect(await replicasOf('own')).toBe(5);
    expect(await autoscale('own')).toMatchObject({ code: 0 });
  });

  it('stop nobody from editing the object itself', async () => {
    const body = { spec: { presence: { replicas: 3 } } };
    await server.must(ADMIN, { method: 'PATCH', path: `${PATH}/calendar`, type: MERGE_PATCH, body });
    expect(await replicasOf('calendar')).toBe(3);
  });
});
