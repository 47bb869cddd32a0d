import { KubeError } from '../../platform/kube/errors.ts';
import { dispositionOf } from '../../platform/runtime/disposition.ts';

/** What was tried. */
export type SecretAction = 'read' | 'made' | 'changed';

/** Webhooks and policies of others choose their text; conditions have room for this much of it. */
const MAX_CAUSE = 500;
const UNAUTHORIZED = 401;

/** The API server refuses something with a Secret until a person changes a quota, a policy, a webhook or a permission. */
export class SecretRefusedError extends Error {
  readonly action: SecretAction;
  /** Of the refusal: a webhook that does not answer may answer soon. */
  readonly disposition: ReturnType<typeof dispositionOf>;

  constructor(name: string, action: SecretAction, cause: KubeError) {
    const why = cause.message.slice(0, MAX_CAUSE);
    super(`Secret ${name} cannot be ${action}: ${why}. ${remedyFor(cause.message)}`, { cause });
    this.name = 'SecretRefusedError';
    this.action = action;
    this.disposition = dispositionOf(cause);
  }
}

/**
 * Whether a person must change something. An admission webhook that is down is answered with 500, as trouble of the API server is, but
 * with its name in the message. An answer 401 is about this process and passes.
 */
export function isRefusal(error: unknown): error is KubeError {
  if (!(error instanceof KubeError) || error.code === UNAUTHORIZED) return false;
  return ['forbidden', 'terminal'].includes(error.disposition) || isOfWebhook(error);
}

/** `failed calling webhook "x"` and `admission webhook "x" denied the request`. */
function isOfWebhook({ disposition, message }: KubeError): boolean {
  return disposition === 'backoff' && message.includes('webhook "');
}

/** The message is of the API server: `exceeded quota: x`, `failed quota: x`, `User "x" cannot get resource`. */
function remedyFor(message: string): string {
  return `${stepFor(message)} It is tried again by itself, and at once when the annotation presence.wedsync.io/retry of the PresenceCluster changes.`;
}

function stepFor(message: string): string {
  if (/\b(exceeded|failed) quota:/.test(message)) return 'Raise the ResourceQuota or remove what uses it up.';
  if (/ cannot \w+ resource /.test(message))
    return 'Restore the permissions of the operator: apply the chart again.';
  return 'Exempt the Secrets of the operator from the policy or webhook that refuses them, or repair it.';
}

/** What `action` gives; an error of it that is a refusal is named after the Secret. */
export async function namingRefusal<T>(name: string, action: SecretAction, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw isRefusal(error) ? new SecretRefusedError(name, action, error) : error;
  }
}
