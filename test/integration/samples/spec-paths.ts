/** Takes a member away when given as a value. */
export const ABSENT = Symbol('absent');

type Container = Record<string, unknown> | unknown[];

/**
 * A copy of a spec with one value put at a path. `presence.auth.secretName` is a member, `scaling.peaks[].from` a
 * member of the first item of a list. A path that leads through something that is not there changes nothing.
 */
export function withValue(spec: unknown, path: string, value: unknown): unknown {
  const copy = asJson(spec);
  const steps = path.replaceAll('[]', '.0').split('.');
  const last = steps.pop() as string;
  let at: unknown = copy;
  for (const step of steps) at = isContainer(at) ? (at as Record<string, unknown>)[step] : undefined;
  if (!isContainer(at)) return copy;
  if (value !== ABSENT) (at as Record<string, unknown>)[last] = value;
  else if (Array.isArray(at)) at.splice(Number(last), 1);
  else delete at[last];
  return copy;
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

/** What JSON carries of a value: what the API server gets, and what zod must judge as well. */
export function asJson(value: unknown): unknown {
  const text = JSON.stringify(value);
  return text === undefined ? undefined : JSON.parse(text);
}
