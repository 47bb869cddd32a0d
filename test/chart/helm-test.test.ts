import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { chartDirectory, type Helm, openHelm, type RenderedObject } from './helm.ts';

const RELEASE = { name: 'live', namespace: 'operators' };

let helm: Helm;
beforeAll(async () => {
  helm = await openHelm();
});

async function testPods(values: Record<string, unknown> = {}): Promise<RenderedObject[]> {
  const objects = await helm.render('presence-operator', { ...RELEASE, values, tests: true });
  return objects.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'test');
}

function environment(pod: RenderedObject | undefined): Record<string, unknown> {
  const entries: { name: string; value?: string; valueFrom?: unknown }[] = pod?.spec.containers[0].env ?? [];
  return Object.fromEntries(entries.map(({ name, value, valueFrom }) => [name, value ?? valueFrom]));
}

describe('helm test', () => {
  it('asks the operator through its Service, and connects a client to the sample', async () => {
    const pods = await testPods();
    const found = pods.map(({ kind, metadata: { name, namespace } }) => `${kind} ${namespace}/${name}`);
    expect(found.sort()).toEqual([
      'Pod operators/live-presence-operator-test-operator',
      'Pod weddings/live-presence-operator-test-client',
    ]);
    const [client, operator] = [...pods].sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
    expect(environment(operator)).toMatchObject({
      READY_URL: 'http://live-presence-operator-metrics.operators:9090/readyz',
    });
    expect(environment(client)).toEqual({
      PRESENCE_URL: 'ws://wedsync-presence.weddings:8080/v1/presence',
      TOKEN_SECRET: { secretKeyRef: { name: 'wedsync-presence-auth', key: 'secret', optional: true } },
      SECRET_NAME: 'wedsync-presence-auth in namespace weddings',
      LIMIT_SECONDS: '60',
    });
  });

  it('connects to the PresenceCluster of the values, with its Secret', async () => {
    const presenceCluster = { namespace: 'live', name: 'crews', secretName: 'keys' };
    const pods = await testPods({ tests: { limitSeconds: 90, presenceCluster } });
    const client = pods.find(({ metadata }) => metadata.namespace === 'live');
    expect(environment(client)).toMatchObject({
      PRESENCE_URL: 'ws://crews-presence.live:8080/v1/presence',
      TOKEN_SECRET: { secretKeyRef: { name: 'keys' } },
      LIMIT_SECONDS: '90',
    });
  });

  it('connects no client without a name', async () => {
    const pods = await testPods({ tests: { presenceCluster: { name: '' } } });
    expect(pods.map(({ metadata }) => metadata.name)).toEqual(['live-presence-operator-test-operator']);
  });

  it('makes pods that meet the restricted Pod Security Standard and that no Deployment or Service selects', async () => {
    const objects = await helm.render('presence-operator', RELEASE);
    const selectors = objects.flatMap(({ kind, spec }) =>
      kind === 'Service' ? [spec.selector] : kind === 'Deployment' ? [spec.selector.matchLabels] : [],
    );
    expect(selectors).toHaveLength(2);
    for (const { metadata, spec } of await testPods()) {
      expect(spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(spec.containers[0].securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(spec.automountServiceAccountToken).toBe(false);
      expect(metadata.labels).toMatchObject({ 'app.kubernetes.io/managed-by': 'Helm' });
      for (const selector of selectors) expect(metadata.labels).not.toMatchObject(selector);
    }
  });

  it('keeps the pods until the next test, so that their logs can be read', async () => {
    for (const { metadata } of await testPods()) {
      expect(metadata.annotations?.['helm.sh/hook-delete-policy']).toBe('before-hook-creation');
    }
  });

  it('gives Node the program as one argument', async () => {
    for (const pod of await testPods()) {
      const [type, flag, program, ...more] = pod.spec.containers[0].args;
      expect([type, flag, more]).toEqual(['--input-type=module', '--eval', []]);
      expect(program).toMatch(/^\/\/ `helm test` runs this/);
    }
  });
});

/** A chart that depends on ours, as a platform team writes one. */
function umbrellaChart(values: Record<string, unknown>): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'umbrella-'));
  mkdirSync(path.join(directory, 'charts'));
  cpSync(chartDirectory('presence-operator'), path.join(directory, 'charts/presence-operator'), {
    recursive: true,
  });
  const dependency = {
    name: 'presence-operator',
    version: '0.1.0',
    condition: 'presence-operator.enabled',
  };
  const chart = { apiVersion: 'v2', name: 'platform', version: '1.0.0', dependencies: [dependency] };
  writeFileSync(path.join(directory, 'Chart.yaml'), stringify(chart));
  writeFileSync(path.join(directory, 'values.yaml'), stringify(values));
  return directory;
}

describe('as a dependency of another chart', () => {
  async function rendered(values: Record<string, unknown>): Promise<RenderedObject[]> {
    const directory = umbrellaChart(values);
    try {
      return await helm.render(directory, { ...RELEASE, tests: true });
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  it('is switched by its condition, and takes global values', async () => {
    const on = { global: { registry: 'example' }, 'presence-operator': { enabled: true, replicas: 3 } };
    const deployments = (await rendered(on)).filter(({ kind }) => kind === 'Deployment');
    expect(deployments.map(({ spec }) => spec.replicas)).toEqual([3]);
    expect(await rendered({ 'presence-operator': { enabled: false } })).toEqual([]);
  });

  it('takes its images from the registry of the parent, and its pull secrets, too', async () => {
    const objects = await rendered({
      global: { imageRegistry: 'registry.example:5000/mirror', imagePullSecrets: ['all', { name: 'one' }] },
      'presence-operator': {
        imagePullSecrets: [{ name: 'one' }, { name: 'own' }],
        redisImages: { redis: 'localhost/redis:7.2' },
      },
    });
    const pods = objects.flatMap(({ kind, spec }) =>
      kind === 'Pod' ? [spec] : kind === 'Deployment' ? [spec.template.spec] : [],
    );
    expect(pods).toHaveLength(3);
    const ours = 'registry.example:5000/mirror/wedsync/presence-operator:0.1.0';
    for (const { containers, imagePullSecrets } of pods) {
      expect(containers[0].image).toBe(ours);
      expect(imagePullSecrets).toEqual([{ name: 'all' }, { name: 'one' }, { name: 'own' }]);
    }
    const operator = objects
      .filter(({ kind }) => kind === 'Deployment')
      .map((each) => ({ ...each, spec: each.spec.template.spec }))[0];
    expect(environment(operator)).toMatchObject({
      PRESENCE_IMAGE: ours,
      VALKEY_IMAGE: 'registry.example:5000/mirror/valkey/valkey:9.1',
      REDIS_IMAGE: 'localhost/redis:7.2',
      IMAGE_PULL_SECRETS: 'all,one,own',
    });
  });

  it('still refuses a key that it does not read', async () => {
    await expect(rendered({ 'presence-operator': { enable: true } })).rejects.toThrow(/enable/);
  });
});
