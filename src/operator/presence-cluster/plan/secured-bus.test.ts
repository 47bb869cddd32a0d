import { describe, expect, it } from 'vitest';
import { observed, presenceCluster, redisPod } from '../../../../test/support/presence-cluster-builder.ts';
import { ANNOTATION } from '../../../api/v1alpha1/names.ts';
import type { KubeObject } from '../../../platform/kube/resource.ts';
import type { Pod } from '../../cluster-state/pod.ts';
import type { RunningConfig } from '../../redis/server-config.ts';
import { securedBus } from './secured-bus.ts';

const { spec } = presenceCluster();

const ready = (pod: Pod, status = 'True'): Pod => ({
  ...pod,
  status: { ...pod.status, conditions: [{ type: 'Ready', status }] },
});
const PODS = [redisPod(0, 0), redisPod(0, 1)].map((pod) => ready(pod));
const WITH = { 'tls-cert-file': '/etc/redis/tls/tls.crt', 'tls-cluster': 'no' };
const WITHOUT = { 'tls-cert-file': '', 'tls-cluster': 'no' };

const running = (...configs: Record<string, string>[]): RunningConfig =>
  new Map(configs.map((config, index) => [PODS[index]?.metadata.name ?? '', config]));

const liveConfig = (text: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'wedsync-redis-live-config' },
  data: { 'live.conf': text },
});

/** What was released, and what comes back when that does not become ready. */
function shard(released: string[], good?: string[]): KubeObject {
  const template = (volumes: string[]) => ({ spec: { volumes: volumes.map((name) => ({ name })) } });
  const annotations = {
    [ANNOTATION.releasedTemplate]: JSON.stringify(template(released)),
    ...(good === undefined ? {} : { [ANNOTATION.goodTemplate]: JSON.stringify(template(good)) }),
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'wedsync-redis-0', annotations },
    spec: {},
  };
}

describe('securedBus', () => {
  it('is on from the start of a new PresenceCluster', () => {
    expect(securedBus(observed(), spec)).toBe('Now');
  });

  it('waits until every server has certificates and every pod is ready, then goes on for all', () => {
    const children = [liveConfig('timeout 0\n'), shard(['config', 'tls'])];
    const seen = { redisPods: PODS, children };
    const at = (runningConfig: RunningConfig, redisPods = PODS) =>
      securedBus({ ...observed({ ...seen, redisPods }), runningConfig }, spec);
    expect(at(running(WITHOUT, WITHOUT))).toBe('Later');
    expect(at(running(WITH, WITHOUT))).toBe('Later');
    // One that does not answer may have none.
    expect(at(running(WITH))).toBe('Later');
    expect(at(running(WITH, WITH), [PODS[0] as Pod, ready(redisPod(0, 1), 'False')])).toBe('Later');
    expect(at(running(WITH, WITH))).toBe('Now');
  });

  it('waits while a template without certificates runs, is held, or could come back', () => {
    const at = (workload: KubeObject, redisPods = PODS) => {
      const children = [liveConfig('timeout 0\n'), workload];
      return securedBus({ ...observed({ redisPods, children }), runningConfig: running(WITH, WITH) }, spec);
    };
    expect(at(shard(['config', 'tls']))).toBe('Now');
    expect(at(shard(['config']))).toBe('Later');
    expect(at(shard(['config']), [])).toBe('Later');
    expect(at(shard(['config', 'tls'], ['config', 'tls']))).toBe('Now');
    expect(at(shard(['config', 'tls'], ['config']))).toBe('Later');
  });

  it('never goes back', () => {
    const children = [liveConfig('timeout 0\ntls-cluster yes\n')];
    expect(securedBus(observed({ redisPods: PODS, children }), spec)).toBe('Now');
  });

  it('is no question of its own where clients use TLS, or for Redis', () => {
    const tls = presenceCluster({ redis: { tls: {} } });
    const redis = presenceCluster({ redis: { engine: 'Redis' } });
    for (const cluster of [tls, redis]) expect(securedBus(observed({ cluster }), cluster.spec)).toBe('Never');
  });
});
