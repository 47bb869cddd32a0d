import type { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../runtime/clock.ts';
import type { ClientMetrics } from '../telemetry/metrics.ts';
import type { OnApiWarning } from './api-warnings.ts';
import { DEFAULT_REQUEST_TIMEOUT_MS } from './call-parts.ts';
import { createRequester } from './requester.ts';
import { apiVersionOf, builtin, type ResourceType } from './resource.ts';
import { RestClient } from './rest-client.ts';
import { createTransport } from './transport.ts';
import type { KubeClient } from './verbs.ts';

export type * from './verbs.ts';

export interface KubeClientOptions {
  config: KubeConfig;
  clock: Clock;
  /** Resource types beyond {@link builtin}, so that objects can be applied by their `kind`. */
  types?: readonly ResourceType[];
  userAgent?: string;
  http2?: boolean;
  /** Called before each write; throws when this process may not write. */
  fence?: () => void;
  metrics?: ClientMetrics;
  /** Called for each warning that the API server sends beside an answer. */
  onWarning?: OnApiWarning;
  /** Limit of a call that names none. */
  requestTimeoutMs?: number;
}

/** Opens a client; no request is sent yet. */
export function createKubeClient(options: KubeClientOptions): KubeClient {
  const types = new Map<string, ResourceType>();
  for (const type of [...Object.values(builtin), ...(options.types ?? [])]) {
    types.set(`${apiVersionOf(type)}/${type.kind}`, type);
  }
  const transport = createTransport({
    config: options.config,
    userAgent: options.userAgent ?? 'presence-platform',
    http2: options.http2 ?? false,
  });
  const requester = createRequester({
    transport,
    clock: options.clock,
    timeoutMs: options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
    ...(options.metrics === undefined ? {} : { metrics: options.metrics }),
    ...(options.onWarning === undefined ? {} : { onWarning: options.onWarning }),
  });
  return new RestClient(requester, types, options.fence === undefined ? [] : [{ fence: options.fence }]);
}
