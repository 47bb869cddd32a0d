import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtin, type KubeObject } from '../../src/platform/kube/resource.ts';
import { eventually } from '../support/eventually.ts';
import {
  applyNamespace,
  connect,
  deleteNamespace,
  getCluster,
  TEST_MANAGER,
  untilCondition,
} from '../support/live-cluster.ts';
import { apply, everyMonth, presenceCluster } from './presence-cluster.ts';

const namespace = 'e2e-autoscaling';
const target = { namespace, name: 'demand' };
const client = connect();
const MINUTE_MS = 60_000;
/** 30 people × 0.95 at 10 a pod, 0.9 full: more than three pods, well within a small machine. */
const CREW = 30;
/** The crew is expected to be there an hour before its ceremony; the lead begins before that. */
const LIVE_BEFORE_MINUTES = 70;

beforeAll(async () => {
  await applyNamespace(client, namespace);
});
afterAll(async () => {
  await deleteNamespace(client, namespace, 300);
  await client.close();
});

type Deployment = KubeObject & { spec: { replicas: number }; status?: { readyReplicas?: number } };

const deployment = async () => client.get<Deployment>(builtin.Deployment, namespace, 'demand-presence');

function wedding(ceremony: Date, state: string): KubeObject {
  const text = ceremony.toISOString();
  return {
    apiVersion: 'presence.wedsync.io/v1alpha1',
    kind: 'Wedding',
    metadata: { name: 'soon', namespace },
    spec: {
      date: text.slice(0, 10),
      ceremony: text.slice(11, 16),
      timeZone: 'UTC',
      state,
      team: { catering: CREW },
      ends: new Date(ceremony.getTime() + 4 * 60 * MINUTE_MS).toISOString().slice(11, 16),
    },
  };
}

describe('a wedding that begins soon', () => {
  it(
    'has its pods ready when its crew is expected, and its pods go when it is off',
    async () => {
      await apply(
        client,
        presenceCluster(namespace, 'demand', {
          presence: { maxConnectionsPerPod: 10 },
          scaling: {
            mode: 'Full',
            minReplicas: 1,
            seasonMultipliers: everyMonth(1),
            baselineReplicas: 1,
            peaks: [],
          },
        }),
      );
      await untilCondition(client, target, { type: 'LoadObserved', status: 'True' }, 180);
      const before = (await deployment())?.spec.replicas ?? 0;
      // The crew is live in eight minutes, later than the longest lead that is assumed.
      const live = new Date(Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS + 8 * MINUTE_MS);
      const ceremony = new Date(live.getTime() + LIVE_BEFORE_MINUTES * MINUTE_MS);
      await client.apply(wedding(ceremony, 'Confirmed'), TEST_MANAGER);
      // 0.95 × 30 people / (0.9 × 10) is more than three pods.
      await eventually(
        { what: 'more pods', withinSeconds: 9 * 60 },
        async () => ((await deployment())?.spec.replicas ?? 0) >= 4,
      );
      await eventually({ what: 'pods ready', withinSeconds: 4 * 60 }, async () => {
        const { spec, status } = (await deployment()) ?? { spec: { replicas: 0 } };
        return spec.replicas >= 4 && (status?.readyReplicas ?? 0) >= 4;
      });
      expect(Date.now()).toBeLessThanOrEqual(live.getTime());
      // The forecast moves on while it is looked at: status and Deployment of one moment.
      const scaling = await eventually(
        { what: 'the Deployment is as status says', withinSeconds: 60 },
        async () => {
          const { status } = await getCluster(client, namespace, 'demand');
          const isSo = (await deployment())?.spec.replicas === status?.scaling?.desired;
          return isSo && status?.scaling;
        },
      );
      const winner = scaling.candidates?.find(({ source }) => source === scaling.winner);
      expect(scaling.winner).toBe('Forecast');
      const [, bound, share, capacity, printed] =
        /^ceil\((\d+) \/ \(([\d.]+) × (\d+)\)\) = (\d+)/.exec(winner?.because ?? '')?.map(Number) ?? [];
      expect(Math.ceil((bound ?? 0) / ((share ?? 1) * (capacity ?? 1)))).toBe(printed);

      await client.apply(wedding(ceremony, 'Cancelled'), TEST_MANAGER);
      await eventually(
        { what: 'as few pods as before', withinSeconds: 12 * 60 },
        async () => (await deployment())?.spec.replicas === before,
      );
    },
    30 * MINUTE_MS,
  );
});
