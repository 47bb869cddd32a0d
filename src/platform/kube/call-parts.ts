import type { ResourceType } from './resource.ts';
import type { ApplyOptions, DeleteOptions, SelectOptions, WatchOptions } from './verbs.ts';

/** Kubernetes' own limit for a request is 60 s; half of it leaves a caller time to try again. */
export const DEFAULT_REQUEST_TIMEOUT_MS = 30_000;

/** The API server picks 30 to 60 minutes for a watch that names no limit (`--min-request-timeout`). */
const LONGEST_WATCH_SECONDS = 3600;

/** The server ends a watch itself; our own limit only stands behind it. */
export function watchLimitMs(options: WatchOptions): number {
  return (options.timeoutSeconds ?? LONGEST_WATCH_SECONDS) * 1000 + DEFAULT_REQUEST_TIMEOUT_MS;
}

/** What a call is about, for error messages: `pods team/web-0`. */
export function describe(type: ResourceType, namespace?: string, name?: string): string {
  const target = [namespace, name].filter((part) => part !== undefined && part !== '').join('/');
  return target === '' ? type.plural : `${type.plural} ${target}`;
}

/** The selectors as query parameters. */
export function selection(options: SelectOptions): Record<string, string | undefined> {
  return { labelSelector: options.labelSelector, fieldSelector: options.fieldSelector };
}

/** The query parameters of a write. */
export function writeQuery(options: ApplyOptions): Record<string, string | boolean | undefined> {
  return {
    fieldManager: options.fieldManager,
    force: options.force,
    dryRun: options.dryRun === true ? 'All' : undefined,
  };
}

/** The members of `meta/v1 DeleteOptions`. */
export function deleteBody(options: DeleteOptions): Record<string, unknown> {
  const { uid, resourceVersion, propagationPolicy, gracePeriodSeconds, dryRun } = options;
  return {
    ...(uid === undefined && resourceVersion === undefined
      ? {}
      : { preconditions: { uid, resourceVersion } }),
    propagationPolicy,
    gracePeriodSeconds,
    ...(dryRun === true ? { dryRun: ['All'] } : {}),
  };
}
