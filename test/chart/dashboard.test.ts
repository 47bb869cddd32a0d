import { beforeAll, describe, expect, it } from 'vitest';
import { type Helm, openHelm, type RenderedObject } from './helm.ts';

const NAME = 'live-presence-operator-dashboard';
const RENDERS_WITHIN_MS = 120_000;

let helm: Helm;

beforeAll(async () => {
  helm = await openHelm();
}, RENDERS_WITHIN_MS);

/** The objects of the dashboard: those with its label. */
async function dashboard(values: Record<string, unknown>): Promise<RenderedObject[]> {
  const all = await helm.render('presence-operator', { name: 'live', namespace: 'operators', values });
  return all.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/component'] === 'dashboard');
}

const on = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  dashboard: { enabled: true, ...more },
});
const ofKind = (objects: RenderedObject[], kind: string): RenderedObject[] =>
  objects.filter((object) => object.kind === kind);

function one(objects: RenderedObject[], kind: string): RenderedObject {
  const [found, ...others] = ofKind(objects, kind);
  if (found === undefined || others.length > 0) throw new Error(`not exactly one ${kind}`);
  return found;
}

const container = (objects: RenderedObject[]) => one(objects, 'Deployment').spec.template.spec.containers[0];

function environment(objects: RenderedObject[]): Record<string, string> {
  const entries: { name: string; value: string }[] = container(objects).env;
  return Object.fromEntries(entries.map(({ name, value }) => [name, value]));
}

describe('the dashboard of the chart', () => {
  it('is not there by default', async () => {
    expect(await dashboard({})).toEqual([]);
  });

  it('is a Deployment of its own with its Service, from the image of the operator', async () => {
    const values = { ...on(), image: { tag: '1.2.3' }, commonLabels: { team: 'weddings' } };
    const objects = await dashboard(values);
    const kinds = [
      'ClusterRole',
      'ClusterRoleBinding',
      'Deployment',
      'NetworkPolicy',
      'Service',
      'ServiceAccount',
    ];
    expect(objects.map(({ kind }) => kind).sort()).toEqual(kinds);
    const { spec } = one(objects, 'Deployment');
    expect(spec.template.metadata.labels).toMatchObject({ ...spec.selector.matchLabels, team: 'weddings' });
    expect(one(objects, 'Service').spec.selector).toEqual(spec.selector.matchLabels);
    expect(one(objects, 'NetworkPolicy').spec.podSelector).toEqual(spec.selector);
    expect(container(objects)).toMatchObject({
      image: 'wedsync/presence-operator:1.2.3',
      args: ['--optimize-for-size', '/app/dashboard-server.js'],
    });
    for (const { kind, metadata } of objects) {
      expect(metadata.namespace, kind).toBe(kind.startsWith('Cluster') ? undefined : 'operators');
    }
  });

  it('meets the restricted Pod Security Standard', async () => {
    const { spec } = one(await dashboard(on()), 'Deployment').spec.template;
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(spec.containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(spec).not.toHaveProperty('volumes');
    expect(spec.containers[0].resources.limits).toEqual({ memory: '192Mi' });
  });

  it('only reads what the page shows, and asks for users; no Secret and no ConfigMap', async () => {
    const objects = await dashboard(on());
    expect(one(objects, 'ClusterRoleBinding').subjects).toEqual([
      { kind: 'ServiceAccount', name: NAME, namespace: 'operators' },
    ]);
    const rules: { resources: string[]; verbs: string[] }[] = one(objects, 'ClusterRole').rules;
    const reviews = rules.filter(({ verbs }) => verbs.includes('create'));
    expect(reviews.map(({ resources, verbs }) => [resources, verbs])).toEqual([
      [['tokenreviews'], ['create']],
      [['subjectaccessreviews'], ['create']],
    ]);
    const others = rules.filter((rule) => !reviews.includes(rule));
    for (const { verbs } of others) expect(verbs).toEqual(['list', 'watch']);
    expect(others.flatMap(({ resources }) => resources).sort()).toEqual(
      ['events', 'pods', 'presenceclusters', 'rolloutfreezes', 'rolloutoverrides', 'weddings'].sort(),
    );
  });

  it('reads single namespaces by a Role in each', async () => {
    const objects = await dashboard({ ...on(), watchNamespaces: ['weddings', 'parties'] });
    expect(environment(objects).WATCH_NAMESPACES).toBe('weddings,parties');
    expect(one(objects, 'ClusterRole').rules).toHaveLength(2);
    const roles = ofKind(objects, 'Role');
    expect(roles.map(({ metadata }) => metadata.namespace)).toEqual(['weddings', 'parties']);
    expect(ofKind(objects, 'RoleBinding').map(({ metadata }) => metadata.namespace)).toEqual([
      'weddings',
      'parties',
    ]);
    const inAll = one(await dashboard(on()), 'ClusterRole').rules;
    expect(roles[0]?.rules).toEqual(inAll.slice(2));
  });

  it('gives the role view the events that the page needs, which the built-in one lacks before Kubernetes 1.35', async () => {
    const all = await helm.render('presence-operator', { name: 'live', namespace: 'operators', values: {} });
    const view = all.find(({ metadata }) => metadata.name.endsWith(':view'));
    expect(view?.rules).toContainEqual({
      apiGroups: ['events.k8s.io'],
      resources: ['events'],
      verbs: ['get', 'list', 'watch'],
    });
  });

  it('makes no role where others grant', async () => {
    const objects = await dashboard({ ...on(), rbac: { create: false } });
    expect(objects.filter(({ kind }) => kind.includes('Role'))).toEqual([]);
  });

  it('lets only those open the page that are named', async () => {
    const metrics = { ports: [{ port: 'metrics' }] };
    expect(one(await dashboard(on()), 'NetworkPolicy').spec.ingress).toEqual([metrics]);
    const from = [{ namespaceSelector: { matchLabels: { name: 'ingress' } } }];
    expect(one(await dashboard(on({ ingressFrom: from })), 'NetworkPolicy').spec.ingress).toEqual([
      metrics,
      { ports: [{ port: 'http' }], from },
    ]);
  });

  it('believes a proxy only with its secret', async () => {
    const userHeader = 'X-Forwarded-User';
    expect(environment(await dashboard(on()))).toMatchObject({ PROXY_USER_HEADER: '' });
    expect(environment(await dashboard(on()))).not.toHaveProperty('PROXY_SECRET_FILE');
    await expect(dashboard(on({ proxy: { userHeader } }))).rejects.toThrow('dashboard.proxy.secretName');
    await expect(dashboard(on({ proxy: { secretName: 's' } }))).rejects.toThrow('dashboard.proxy.userHeader');
    const objects = await dashboard(
      on({ proxy: { userHeader, groupsHeader: 'X-Forwarded-Groups', secretName: 'oauth2-proxy' } }),
    );
    expect(environment(objects)).toMatchObject({
      PROXY_USER_HEADER: userHeader,
      PROXY_GROUPS_HEADER: 'X-Forwarded-Groups',
      PROXY_SECRET_FILE: '/etc/presence-proxy/secret',
    });
    const { volumes } = one(objects, 'Deployment').spec.template.spec;
    expect(volumes).toEqual([
      { name: 'proxy', secret: { secretName: 'oauth2-proxy', items: [{ key: 'secret', path: 'secret' }] } },
    ]);
  });

  it('computes with the time zone data of the operator', async () => {
    const objects = await dashboard({ ...on(), zoneData: { configMap: 'zones' } });
    expect(environment(objects).ZONE_DATA_FILE).toBe('/etc/presence-zones/zones.json');
    expect(container(objects).volumeMounts).toEqual([
      { name: 'zones', mountPath: '/etc/presence-zones', readOnly: true },
    ]);
  });
});
