import { beforeAll, describe, expect, it } from 'vitest';
import { type Helm, openHelm, type RenderedObject } from './helm.ts';
import { CALLS, methodsInSource, neededRights } from './operator-calls.ts';

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

const RELEASE = { name: 'live', namespace: 'operators' };
const OPERATOR = 'live-presence-operator';

let helm: Helm;

beforeAll(async () => {
  helm = await openHelm();
});

/** What the roles that are bound to the operator give, as `verb group/resource`. */
async function grantedRights(values: Record<string, unknown>): Promise<Set<string>> {
  const objects = await helm.render('presence-operator', { ...RELEASE, values });
  const roles = new Set(
    objects
      .filter(({ kind, subjects }) => kind.endsWith('RoleBinding') && subjects[0].name === OPERATOR)
      .map(
        ({ kind, metadata, roleRef }) =>
          `${roleRef.kind}/${kind === 'RoleBinding' ? metadata.namespace : ''}/${roleRef.name}`,
      ),
  );
  const isBound = ({ kind, metadata }: RenderedObject) =>
    roles.has(`${kind}/${metadata.namespace ?? ''}/${metadata.name}`);
  const rules = objects.filter(isBound).flatMap(({ rules }) => rules as Rule[]);
  return new Set(
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`)),
      ),
    ),
  );
}

describe('the rights of the operator', () => {
  it('are those that its code asks for, and no other', async () => {
    expect([...(await grantedRights({}))].sort()).toEqual([...neededRights()].sort());
  });

  it('are the same in single namespaces, except for nodes and the list of namespaces', async () => {
    const needed = [...neededRights()].filter(
      (right) => !right.endsWith(' /nodes') && right !== 'list /namespaces',
    );
    expect([...(await grantedRights({ watchNamespaces: ['weddings'] }))].sort()).toEqual(needed.sort());
  });

  it('are listed with every file that sends a request, and the methods that it calls', () => {
    const listed = Object.entries(CALLS).map(([file, methods]) => [file, Object.keys(methods).sort()]);
    expect(Object.fromEntries(listed)).toEqual(methodsInSource());
  });
});
