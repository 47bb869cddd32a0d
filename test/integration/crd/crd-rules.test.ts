import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { API_VERSION } from '../../../src/api/schema/group.ts';
import { KINDS, type KindDefinition, PRESENCE_CLUSTER } from '../../../src/api/v1alpha1/kinds.ts';
import { KubeError } from '../../../src/platform/kube/errors.ts';
import { crdFile, type InstalledKinds, startWithKinds } from '../installed-kinds.ts';
import { SAMPLED_KINDS } from '../samples/kinds.ts';
import { PRESENCE_CLUSTER_SAMPLES } from '../samples/presence-cluster.ts';
import { type SchemaField, schemaFields } from '../samples/schema-fields.ts';
import { ABSENT, asJson, withValue } from '../samples/spec-paths.ts';
import type { KindSamples } from '../samples/values.ts';

/** Requests that are under way at once. */
const AT_ONCE = 8;
const RUNS_A_KIND = 300;
const SEED = 20270605;

type Verdict = { accepted: true; spec: unknown } | { accepted: false; says: string };

let kinds: InstalledKinds;

beforeAll(async () => {
  kinds = await startWithKinds();
});

afterAll(() => kinds?.stop());

/** What zod makes of the spec that the JSON text of an object carries. */
function zodVerdict(kind: KindDefinition, spec: unknown): Verdict {
  const parsed = kind.spec.safeParse(asJson(spec));
  return parsed.success
    ? { accepted: true, spec: asJson(parsed.data) }
    : { accepted: false, says: z.prettifyError(parsed.error) };
}

/** What a dry run of a create says; anything but yes and a refusal of the content is thrown on. */
async function serverVerdict(kind: KindDefinition, spec: unknown): Promise<Verdict> {
  const object = {
    apiVersion: API_VERSION,
    kind: kind.kind,
    metadata: { name: 'it', namespace: 'default' },
    spec,
  };
  try {
    const made = await kinds.client.create(object, { fieldManager: 'test', dryRun: true });
    return { accepted: true, spec: made.spec };
  } catch (error) {
    if (!(error instanceof KubeError) || (error.code !== 422 && error.code !== 400)) throw error;
    return { accepted: false, says: error.message };
  }
}

/** Both verdicts, and the whole story when zod and the server differ: in the verdict, or in what would be stored. */
async function judge(
  kind: KindDefinition,
  spec: unknown,
): Promise<{ accepted: boolean; difference?: string }> {
  const zod = zodVerdict(kind, spec);
  const server = await serverVerdict(kind, spec);
  const accepted = server.accepted;
  if (isDeepStrictEqual({ ...zod, says: '' }, { ...server, says: '' })) return { accepted };
  const story = [`${kind.kind} ${brief(spec)}`, `zod ${told(zod)}`, `the API server ${told(server)}`];
  return { accepted, difference: story.join('\n  ') };
}

function told(verdict: Verdict): string {
  return verdict.accepted ? `accepts it as ${brief(verdict.spec)}` : `refuses it: ${verdict.says}`;
}

function brief(value: unknown): string {
  return JSON.stringify(value)?.replace(
    /(.)\1{80,}/gu,
    (run, character) => `${character}×${Array.from(run).length}`,
  );
}

/** Objects whose members are not known beforehand. */
const MAPS = ['seasonMultipliers', 'matchLabels', 'labels', 'annotations'];

/** Values of another type than the one the schema names. */
const OTHER_TYPES: Record<string, readonly unknown[]> = {
  string: [3, 0, true, false, {}, [], ['x']],
  integer: ['3', '', true, false, 3.5, {}, [], [3]],
  number: ['3', '', true, false, {}, [], [3]],
  array: ['x', 3, true, {}, { 0: 'x' }],
  object: ['x', '', 3, false, [], [{}]],
};

interface Case {
  says: string;
  spec: unknown;
  /** What both must say; when undefined they need only agree. */
  accepted: boolean | undefined;
}

/** Each field alone, in an object that is right otherwise, and each rule over several fields. */
function cases(samples: KindSamples, fields: readonly SchemaField[]): Case[] {
  const change = (path: string, value: unknown, accepted: boolean | undefined): Case => ({
    says: `${path} = ${value === ABSENT ? 'absent' : brief(value)}`,
    spec: withValue(samples.full, path, value),
    accepted,
  });
  return [
    { says: 'minimal', spec: samples.minimal, accepted: true },
    { says: 'full', spec: samples.full, accepted: true },
    ...[undefined, null, 'x', 3, true, [], [samples.full]].map((spec) => ({
      says: `spec = ${brief(spec)}`,
      spec,
      accepted: false,
    })),
    ...fields.flatMap(({ path, type }) => [
      ...(samples.fields[path]?.good ?? []).map((value) => change(path, value, true)),
      ...(samples.fields[path]?.bad ?? []).map((value) => change(path, value, false)),
      ...(OTHER_TYPES[type] ?? []).map((value) => change(path, value, false)),
      change(path, null, undefined),
      change(path, ABSENT, undefined),
      change(
        `${path}.unknown`,
        1,
        type === 'object' && !MAPS.some((map) => path.endsWith(map)) ? true : undefined,
      ),
    ]),
    ...samples.combinations.map(({ says, change: values, accepted }) => ({
      says,
      accepted,
      spec: Object.entries(values).reduce<unknown>(
        (spec, [path, value]) => withValue(spec, path, value),
        samples.full,
      ),
    })),
  ];
}

/** Runs every item, a few at a time, and gives the answers that are not undefined. */
async function collect<T>(
  items: readonly T[],
  ask: (item: T) => Promise<string | undefined>,
): Promise<string[]> {
  const found: string[] = [];
  const queue = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      const answer = await ask(item);
      if (answer !== undefined) found.push(answer);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return found;
}

/** Specs that start right and get a few values, most of them good, some of them bad, absent, null or anything. */
function specs(samples: KindSamples, fields: readonly SchemaField[]): fc.Arbitrary<unknown> {
  const good = fields.flatMap(({ path }) =>
    (samples.fields[path]?.good ?? []).map((value) => ({ path, value })),
  );
  const bad = fields.flatMap(({ path }) =>
    (samples.fields[path]?.bad ?? []).map((value) => ({ path, value })),
  );
  const path = fc.constantFrom(...fields.map((field) => field.path));
  const at = (value: fc.Arbitrary<unknown>) => fc.record({ path, value });
  const clock = fc
    .tuple(fc.nat(25), fc.nat(61))
    .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));
  const change = fc.oneof(
    { weight: 14, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: fc.constantFrom(...bad) },
    { weight: 1, arbitrary: at(fc.constantFrom(ABSENT, null)) },
    { weight: 1, arbitrary: at(fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.string({ unit: 'binary' }))) },
    {
      weight: 1,
      arbitrary: at(
        fc.oneof(fc.integer(), fc.nat(100), fc.double({ noNaN: true, noDefaultInfinity: true }), clock),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.record({ path: path.map((parent) => `${parent}.unknown`), value: fc.jsonValue() }),
    },
  );
  return fc
    .record({
      start: fc.constantFrom(samples.full, samples.minimal),
      changes: fc.array(change, { maxLength: 8 }),
    })
    .map(({ start, changes }) =>
      changes.reduce<unknown>((spec, { path: place, value }) => withValue(spec, place, value), start),
    );
}

it('every kind is sampled', () => {
  expect(SAMPLED_KINDS.map(({ kind }) => kind)).toEqual(KINDS);
});

describe.each(SAMPLED_KINDS)('zod and the API server on $kind.kind', ({ kind, samples }) => {
  const fieldsOf = async () => schemaFields(await crdFile(kind.plural), 'spec');

  it('are tried on every field of the schema', async () => {
    const paths = (await fieldsOf()).map(({ path }) => path);
    expect(Object.keys(samples.fields).toSorted()).toEqual(paths.toSorted());
  });

  it('agree on each value of each field alone, and on what is stored', async () => {
    const failures = await collect(cases(samples, await fieldsOf()), async ({ says, spec, accepted }) => {
      const verdict = await judge(kind, spec);
      if (verdict.difference !== undefined) return `${says}\n${verdict.difference}`;
      const expected = accepted ?? verdict.accepted;
      return verdict.accepted === expected ? undefined : `${says}: both ${expected ? 'refuse' : 'accept'} it`;
    });
    expect(failures.join('\n\n')).toBe('');
  });

  it('agree on objects with several changes', async () => {
    const accepted = { yes: 0, no: 0 };
    const property = fc.asyncProperty(specs(samples, await fieldsOf()), async (spec) => {
      const verdict = await judge(kind, spec);
      accepted[verdict.accepted ? 'yes' : 'no'] += 1;
      if (verdict.difference !== undefined) throw new Error(verdict.difference);
    });
    await fc.assert(property, { seed: SEED, numRuns: RUNS_A_KIND });
    // A generator that makes only one kind of object would prove little.
    expect(Math.min(accepted.yes, accepted.no), JSON.stringify(accepted)).toBeGreaterThan(RUNS_A_KIND / 5);
  });
});

/** A number in a spelling that JSON.stringify does not write. */
function spelled(text: string): unknown {
  return (JSON as unknown as { rawJSON(json: string): unknown }).rawJSON(text);
}

describe('other spellings of numbers in JSON', () => {
  const full = PRESENCE_CLUSTER_SAMPLES.full;

  it.each(['3.0', '3e0', '30e-1', '3.0000000000000001', '3.5', '1e400', '-0', '-0.0'])(
    'agree on %s',
    async (text) => {
      for (const path of ['redis.shards', 'redis.replicasPerShard', 'scaling.peaks[].multiplier']) {
        expect(
          (await judge(PRESENCE_CLUSTER, withValue(full, path, spelled(text)))).difference,
        ).toBeUndefined();
      }
    },
  );

  // JSON.parse gives 3 for both, so zod cannot tell them apart; nothing is stored that zod would refuse.
  it('are refused for the one field that the scale subresource reads as an int64', async () => {
    const spec = withValue(full, 'presence.replicas', spelled('3.0'));
    const server = await serverVerdict(PRESENCE_CLUSTER, spec);
    expect(server).toMatchObject({ says: expect.stringContaining('spec.presence.replicas accessor error') });
    expect(zodVerdict(PRESENCE_CLUSTER, spec).accepted).toBe(true);
  });
});
