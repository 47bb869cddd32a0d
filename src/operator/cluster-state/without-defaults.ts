import { isDeepStrictEqual } from 'node:util';
import { type PresenceClusterSpec, presenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';

type Fields = Record<string, unknown>;

/**
 * A spec without the fields that have their default, which say nothing and are most of it. Parsed, it is the same spec; where
 * leaving a field out would not give it back, the spec is returned as it is.
 */
export function withoutDefaults(spec: PresenceClusterSpec): Fields {
  const whole = spec as unknown as Fields;
  const { timeZone } = spec;
  const lean = {
    ...difference(whole, presenceClusterSpec.parse({ timeZone }) as unknown as Fields),
    timeZone,
  };
  const again = presenceClusterSpec.safeParse(lean);
  return again.success && isDeepStrictEqual(again.data, spec) ? lean : whole;
}

/** The fields of an object that another does not have, or has with another value. */
function difference(value: Fields, defaults: Fields): Fields {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, given]) => {
      const usual = defaults[key];
      if (isDeepStrictEqual(given, usual)) return [];
      return [[key, isFields(given) && isFields(usual) ? difference(given, usual) : given]];
    }),
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
