import { describe, expect, it } from 'vitest';
import { parseConfig } from './config.ts';

describe('parseConfig', () => {
  it('needs nothing but the presence image', () => {
    expect(parseConfig({ PRESENCE_IMAGE: 'presence:1' })).toEqual({
      namespace: 'presence-system',
      podName: 'presence-operator',
      podLabels: {},
      watchNamespaces: [],
      privateNetworkNamespaces: [],
      leaseName: 'presence-operator',
      leaderElection: true,
      images: { presence: 'presence:1', valkey: 'valkey/valkey:9.1', redis: 'redis:7.2' },
      imagePullSecrets: [],
      changeFreezeResources: [],
      metricsPort: 9090,
      logLevel: 'info',
    });
  });

  it('reads lists, numbers and switches', () => {
    const config = parseConfig({
      PRESENCE_IMAGE: 'presence:1',
      WATCH_NAMESPACES: ' weddings, ,parties ',
      PRIVATE_NETWORK_NAMESPACES: ' weddings,office',
      IMAGE_PULL_SECRETS: 'one,two',
      OPERATOR_POD_LABELS: 'app.kubernetes.io/name=presence-operator,stage=',
      METRICS_PORT: '0',
      LEADER_ELECTION: 'false',
    });
    expect(config).toMatchObject({
      watchNamespaces: ['weddings', 'parties'],
      privateNetworkNamespaces: ['weddings', 'office'],
      imagePullSecrets: ['one', 'two'],
      podLabels: { 'app.kubernetes.io/name': 'presence-operator', stage: '' },
      metricsPort: 0,
      leaderElection: false,
    });
  });

  it('names every variable that is wrong, in one error', () => {
    const wrong = {
      METRICS_PORT: '70000',
      LEADER_ELECTION: 'yes',
      LOG_LEVEL: 'loud',
      OPERATOR_POD_LABELS: 'name',
    };
    let message = '';
    try {
      parseConfig(wrong);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(/^invalid configuration:\n/);
    for (const name of ['PRESENCE_IMAGE', ...Object.keys(wrong)]) expect(message).toContain(name);
  });

  it.each(['', 'ninety', '-1', '80.5'])('refuses the port %j', (METRICS_PORT) => {
    expect(() => parseConfig({ PRESENCE_IMAGE: 'presence:1', METRICS_PORT })).toThrow('METRICS_PORT');
  });
});
