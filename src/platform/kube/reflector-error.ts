import { KubeError } from './errors.ts';

/** Why a cache is not being kept up to date, for conditions and logs. */
export interface ReflectorError {
  since: Date;
  /**
   * `forbidden`: RBAC or credentials. `missing`: the server does not have this kind. Both wait for people.
   * `unavailable`: the server, or the way to it; passes by itself.
   */
  kind: 'forbidden' | 'missing' | 'unavailable';
  message: string;
}

/** @param when the errors began; it may have been an earlier one */
export function reflectorErrorOf(error: unknown, since: Date): ReflectorError {
  const message = error instanceof Error ? error.message : String(error);
  return { since, kind: kindOf(error), message };
}

function kindOf(error: unknown): ReflectorError['kind'] {
  if (!(error instanceof KubeError)) return 'unavailable';
  if (error.disposition === 'forbidden') return 'forbidden';
  return error.code === 404 ? 'missing' : 'unavailable';
}
