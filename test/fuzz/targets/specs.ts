import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { toJSONSchema } from 'zod';
import { KINDS } from '../../../src/api/v1alpha1/kinds.ts';
import type { PresenceClusterSpec } from '../../../src/api/v1alpha1/presence-cluster.ts';
import type { RolloutOverrideSpec } from '../../../src/api/v1alpha1/rollout-override.ts';
import type { WeddingSpec } from '../../../src/api/v1alpha1/wedding.ts';
import { acceptSpec } from '../../../src/domain/autoscaling/accept.ts';
import { acceptWedding } from '../../../src/domain/calendar/wedding-interval.ts';
import { overrideEnd } from '../../../src/domain/freeze/override.ts';
import { build } from '../../../src/operator/presence-cluster/plan/build.ts';
import { decide } from '../../../src/operator/presence-cluster/plan/decide.ts';
import { type ValidObject, validateObject } from '../../../src/reports/validate-object.ts';
import { repository } from '../../cluster/paths.ts';
import { IMAGES, observed, presenceCluster, wedding } from '../../support/presence-cluster-builder.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';

const SAMPLES = [
  'presence-cluster',
  'wedding-calendar',
  'weddings',
  'requests/presence-optimization',
  'requests/rollout-override',
];
const CREATED = '2027-06-05T10:00:00Z';

/** Objects as the API server hands them over, valid or not, through the schema of their kind and into what is made of them. */
export function openSpecs(): FuzzTarget {
  const samples = SAMPLES.flatMap((name) => {
    const text = readFileSync(path.join(repository, `manifests/samples/${name}.yaml`), 'utf8');
    return parseAllDocuments(text).map((document) => JSON.stringify(document.toJS()));
  });
  const full = {
    apiVersion: 'presence.wedsync.io/v1alpha1',
    kind: 'PresenceCluster',
    metadata: { name: 'wedsync', namespace: 'weddings' },
    spec: presenceCluster({ redis: { tls: {}, storage: { type: 'Claim', size: '1Gi' } } } as object).spec,
  };
  return {
    seeds: [...samples.filter((text) => text !== 'null'), JSON.stringify(full)],
    words: words(),
    run(input) {
      const value = parsed(input);
      const found = validateObject(value, { namespace: 'weddings', unknownFields: 'ignore' });
      if (!found.ours) return;
      if (!found.valid) promise(found.problems.length > 0, 'a refusal says why');
      else use(found.object);
    },
  };
}

function parsed(input: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(input).toString());
  } catch {
    return undefined;
  }
}

/** Names of fields of every kind, from their schemas. */
function words(): string[] {
  const names = new Set<string>(KINDS.map(({ kind }) => kind));
  for (const { spec } of KINDS) {
    const { properties } = toJSONSchema(spec, { io: 'input', unrepresentable: 'any' });
    for (const name of Object.keys(properties ?? {})) names.add(name);
  }
  return [
    ...names,
    'Europe/London',
    'Full',
    'Multipliers',
    'Valkey',
    'Redis',
    '1Gi',
    '100m',
    '30m',
    'mon',
    'Saturday',
  ];
}

function use({ kind, spec }: ValidObject): void {
  if (kind === 'PresenceCluster') useCluster(spec as PresenceClusterSpec);
  if (kind === 'Wedding') useWedding(spec as WeddingSpec);
  if (kind === 'RolloutOverride') {
    const metadata = { name: 'o', namespace: 'weddings', creationTimestamp: CREATED };
    const end = overrideEnd({
      apiVersion: 'presence.wedsync.io/v1alpha1',
      kind,
      metadata,
      spec: spec as RolloutOverrideSpec,
    });
    promise(Number.isFinite(end.getTime()), 'an override ends');
  }
}

function useCluster(spec: PresenceClusterSpec): void {
  const verdict = acceptSpec(spec);
  if (!verdict.accepted) {
    promise(verdict.message.includes('spec.'), `no field is named in "${verdict.message}"`);
    return;
  }
  const cluster = { ...presenceCluster(), spec };
  const seen = observed({ cluster, weddings: [wedding()] });
  const decision = decide(seen, spec);
  const { min, max } = spec.presence as { min?: number; max?: number };
  promise(
    Number.isInteger(decision.scaling.desired) && decision.scaling.desired >= 0,
    `${decision.scaling.desired} pods`,
  );
  promise(min === undefined || max === undefined || min <= max, 'the bounds are in order');
  const { manifests, freeze } = build(seen, spec, decision, IMAGES);
  for (const manifest of [...manifests, freeze]) {
    const text = JSON.stringify(manifest);
    promise(
      !/NaN|undefined|\[object /.test(text.replaceAll(JSON.stringify(spec), '')),
      `${manifest.kind} has a hole: ${text}`,
    );
  }
}

function useWedding(spec: WeddingSpec): void {
  const verdict = acceptWedding(spec);
  if (!verdict.accepted) {
    promise(verdict.message.startsWith('spec.'), `no field is named in "${verdict.message}"`);
    return;
  }
  promise(
    verdict.ceremony < verdict.ends,
    `a wedding from ${verdict.ceremony.getTime()} to ${verdict.ends.getTime()}`,
  );
  const one = { ...wedding(), spec };
  const cluster = presenceCluster();
  decide(observed({ cluster, weddings: [one], now: verdict.ceremony }), cluster.spec);
}
