import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryKubeClient } from '../../../test/support/memory-kube-client.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import { POLICIES_KEY } from './expected-policies.ts';
import { ALL_POLICIES, PolicyKeeper } from './policy-keeper.ts';

const NAME = 'operator-policies';
const CONFIG_MAP = `ConfigMap/${NAME}`;
const [FIRST, SECOND] = ['ValidatingAdmissionPolicy/first', 'ValidatingAdmissionPolicy/second'];
const OF_OTHERS = { failurePolicy: 'Ignore' };

const policy = (name: string, spec: object): KubeObject => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name },
  spec: spec as Record<string, unknown>,
});

/** As the chart of a release writes it. */
function configMap(release: string): KubeObject {
  const document = (name: string) =>
    `kind: ValidatingAdmissionPolicy\nmetadata: {name: ${name}}\nspec: {release: ${release}}\n`;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: NAME, namespace: 'operators' },
    data: { [POLICIES_KEY]: `${document('first')}---\n${document('second')}` },
  };
}

describe('PolicyKeeper', () => {
  let memory: MemoryKubeClient;
  let keeper: PolicyKeeper;
  let restored: string[];

  beforeEach(() => {
    memory = new MemoryKubeClient();
    restored = [];
    /** Replaces a spec, which is all that the keeper patches. */
    const patchJson = async (
      { kind }: { kind: string },
      _namespace: undefined,
      name: string,
      [{ value }]: [{ value: Record<string, unknown> }],
      { dryRun }: { dryRun: boolean },
    ): Promise<KubeObject> => {
      const live = memory.of(`${kind}/${name}`) as KubeObject;
      return dryRun ? { ...live, spec: value } : memory.put({ ...live, spec: value });
    };
    keeper = new PolicyKeeper({
      client: Object.assign(memory, { patchJson }) as unknown as KubeClient,
      configMap: { namespace: 'operators', name: NAME },
      events: { record: () => {} },
      metrics: { restored: (name) => restored.push(name), warnings: () => {}, inForce: () => {} },
      onReadable: () => {},
    });
    memory.put(configMap('one'));
  });

  const look = () =>
    keeper.reconcile(ALL_POLICIES, {
      signal: new AbortController().signal,
      log: silentLogger(),
      reconcileID: 'test',
    });
  const specOf = (key: string) => memory.of(key)?.spec;

  it('puts back what was deleted and what was changed', async () => {
    memory.put(policy('first', OF_OTHERS));
    await look();
    expect([specOf(FIRST), specOf(SECOND)]).toEqual([{ release: 'one' }, { release: 'one' }]);
    expect(restored).toEqual(['first', 'second']);
    await look();
    expect(restored).toHaveLength(2);
  });

  it('leaves away what Helm removes while it looks: the ConfigMap goes first', async () => {
    memory.put(policy('first', { release: 'one' }));
    memory.put(policy('second', OF_OTHERS));
    memory.before('get', FIRST, () => {
      memory.objects.delete(CONFIG_MAP);
      memory.objects.delete(FIRST);
    });
    await look();
    expect([specOf(FIRST), specOf(SECOND), restored]).toEqual([undefined, OF_OTHERS, []]);
  });

  it('puts no older text over that of an upgrade which comes while it looks, and looks again soon', async () => {
    memory.put(policy('first', { release: 'one' }));
    memory.put(policy('second', { release: 'one' }));
    memory.before('get', SECOND, () => {
      memory.put(configMap('two'));
      memory.put(policy('second', { release: 'two' }));
    });
    expect(await look()).toMatchObject({ kind: 'requeueAfter', ms: 5_000 });
    expect([specOf(FIRST), specOf(SECOND), restored]).toEqual([{ release: 'one' }, { release: 'two' }, []]);
    await look();
    expect([specOf(FIRST), specOf(SECOND), restored]).toEqual([
      { release: 'two' },
      { release: 'two' },
      ['first'],
    ]);
  });
});
