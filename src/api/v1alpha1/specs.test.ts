import { describe, expect, it } from 'vitest';
import { SAMPLED_KINDS } from '../../../test/integration/samples/kinds.ts';
import { asJson, withValue } from '../../../test/integration/samples/spec-paths.ts';

/** Without an API server: `test/integration/crd/crd-rules.test.ts` shows that a real one says the same of each value. */
describe.each(SAMPLED_KINDS)('the spec of a $kind.kind', ({ kind, samples }) => {
  const isRepeated = (path: string) => samples.repeated?.some((part) => path.startsWith(part)) ?? false;
  const objects = (which: 'good' | 'bad') =>
    Object.entries(samples.fields).flatMap(([path, values]) =>
      (isRepeated(path) ? values[which].slice(0, 1) : values[which]).map((value) => ({
        path,
        spec: asJson(withValue(samples.full, path, value)),
      })),
    );

  it('takes the good values of each field, and leaves what it made of them as it is', () => {
    for (const { path, spec } of objects('good')) {
      const parsed = kind.spec.safeParse(spec);
      expect(parsed.error?.message, path).toBeUndefined();
      expect(kind.spec.parse(parsed.data), path).toEqual(parsed.data);
    }
  });

  it('refuses the bad values of each field, where they are', () => {
    for (const { path, spec } of objects('bad')) {
      const parsed = kind.spec.safeParse(spec);
      const parent = path.split(/[.[]/)[0];
      expect(
        parsed.error?.issues.map((issue) => issue.path[0]),
        path,
      ).toContain(parent);
    }
  });

  it('holds its rules over several fields', () => {
    for (const { says, change, accepted } of samples.combinations) {
      const spec = Object.entries(change).reduce<unknown>(
        (made, [path, value]) => withValue(made, path, value),
        samples.full,
      );
      expect(kind.spec.safeParse(spec).success, says).toBe(accepted);
    }
  });
});
