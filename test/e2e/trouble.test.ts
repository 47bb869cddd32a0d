import { afterAll, beforeAll, describe, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import {
  applyNamespace,
  connect,
  deleteNamespace,
  RESOURCE_QUOTA,
  untilCondition,
} from '../support/live-cluster.ts';
import { apply, presenceCluster } from './presence-cluster.ts';

const namespace = 'e2e-trouble';
const client = connect();
/**
 * The promise: trouble is a condition with its reason within a minute. Another minute is the kubelet's, who has to find out
 * first, on a machine that is loaded.
 */
const TOLD_WITHIN_SECONDS = 60 + 60;

beforeAll(async () => {
  await applyNamespace(client, namespace);
});
afterAll(async () => {
  await deleteNamespace(client, namespace, 300);
  await client.close();
});

describe('trouble', () => {
  it('is told when an image cannot be pulled', async () => {
    await apply(
      client,
      presenceCluster(namespace, 'no-image', {
        presence: { image: 'presence-operator:none' },
        redis: { image: 'no-such-redis:0' },
      }),
    );
    const target = { namespace, name: 'no-image' };
    await untilCondition(
      client,
      target,
      { type: 'PresenceAvailable', status: 'False', reason: 'ImagePullFailed' },
      TOLD_WITHIN_SECONDS,
    );
    await untilCondition(
      client,
      target,
      { type: 'RedisAvailable', status: 'False', reason: 'PodsNotReady' },
      TOLD_WITHIN_SECONDS,
    );
    const wanted = { type: 'Ready', status: 'False', message: /no-such-redis:0/ };
    await untilCondition(client, target, wanted, TOLD_WITHIN_SECONDS);
  });

  it('is told when no node fits', async () => {
    await apply(
      client,
      presenceCluster(namespace, 'no-room', { redis: { resources: { requests: { cpu: '400' } } } }),
    );
    const target = { namespace, name: 'no-room' };
    const message = /Insufficient cpu/;
    const wanted = { type: 'RedisAvailable', status: 'False', reason: 'PodsNotReady', message };
    await untilCondition(client, target, wanted, TOLD_WITHIN_SECONDS);
  });

  it('is told when the signing key is missing', async () => {
    await apply(
      client,
      presenceCluster(namespace, 'no-key', { presence: { auth: { secretName: 'forgotten' } } }),
    );
    const target = { namespace, name: 'no-key' };
    const message = /forgotten/;
    const wanted = { type: 'PresenceAvailable', status: 'False', reason: 'AuthSecretMissing', message };
    await untilCondition(client, target, wanted, TOLD_WITHIN_SECONDS);
  });

  it('is told when a container uses more memory than its limit, with the limit and not the back-off', async () => {
    // Less than Node needs to start.
    const resources = { requests: { memory: '24Mi' }, limits: { memory: '40Mi' } };
    await apply(client, presenceCluster(namespace, 'no-memory', { presence: { resources } }));
    const target = { namespace, name: 'no-memory' };
    const message = /its limit of 40Mi/;
    const wanted = { type: 'PresenceAvailable', status: 'False', reason: 'OutOfMemory', message };
    await untilCondition(client, target, wanted, TOLD_WITHIN_SECONDS);
  });

  it('is told when a quota refuses Redis pods, in the words of the API server', async () => {
    const quota = 'small';
    const own = 'e2e-trouble-quota';
    await applyNamespace(client, own);
    try {
      await apply(client, {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: quota, namespace: own },
        spec: { hard: { pods: '4' } },
      });
      // Admission goes by the status, which a controller writes: until then every pod is let through.
      await eventually({ what: 'the quota is in effect', withinSeconds: TOLD_WITHIN_SECONDS }, async () => {
        const { status } = (await client.get(RESOURCE_QUOTA, own, quota)) ?? {};
        return (status as { hard?: { pods?: string } } | undefined)?.hard?.pods === '4';
      });
      await apply(client, presenceCluster(own, 'refused', {}));
      const target = { namespace: own, name: 'refused' };
      const message = /refused: .*exceeded quota: small/;
      const wanted = { type: 'RedisAvailable', status: 'False', reason: 'PodsNotReady', message };
      await untilCondition(client, target, wanted, TOLD_WITHIN_SECONDS);
    } finally {
      await deleteNamespace(client, own, 300);
    }
  });
});
