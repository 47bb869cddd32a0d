import { FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import { changedFields } from '../../domain/freeze/template-diff.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import type { EventRecorder } from '../../platform/kube/events.ts';
import { builtin, type KubeObject, type ResourceType } from '../../platform/kube/resource.ts';
import type { Outcome, ReconcileContext } from '../../platform/runtime/controller.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import { isLasting } from '../memory/refusal-backoff.ts';
import { contentHash } from '../objects/content-hash.ts';
import { EVENT_NOTES } from '../objects/event-notes.ts';
import { expectedPolicies, typeOfPolicy } from './expected-policies.ts';
import type { PolicyMetrics } from './metrics.ts';

export interface PolicyKeeperOptions {
  client: KubeClient;
  /** Where the chart says how the policies should be. */
  configMap: { namespace: string; name: string };
  events: Pick<EventRecorder, 'record'>;
  metrics: PolicyMetrics;
  /** Called once the policies can be read: from then on changes are worth watching. */
  onReadable: () => void;
}

export const ALL_POLICIES = 'policies';
/** The watch reports changes; this is the fallback, and finds permissions and ConfigMaps that come later. */
const CHECK_EVERY_MS = 5 * 60_000;
/**
 * A check reads a policy, asks by a dry run and writes: at most ten requests per hour for one that is refused. Longer than the client
 * holds a write, or every second check would find it held.
 */
const CHECK_REFUSED_EVERY_MS = 25 * 60_000;
/** An upgrade or a removal of the chart is under way, and takes some seconds. */
const CHECK_AFTER_CHANGE_MS = 5_000;
const MAX_FIELDS_NAMED = 5;

/** The ConfigMap is no longer what this pass has read. */
class SourceChanged extends Error {
  override readonly name = 'SourceChanged';
}

/**
 * Puts admission policies back that were changed or deleted. What should be there is the ConfigMap of the chart, read
 * each time: an upgrade writes it before the policies, and where it is gone the chart is being removed. A pass takes a while, so the
 * ConfigMap is read once more before each write: what Helm deletes in the meantime must stay away.
 */
export class PolicyKeeper {
  readonly #options: PolicyKeeperOptions;
  /** By `Kind/name`: the live object that was found right, and what it was compared with. */
  readonly #right = new Map<string, string>();
  /** Messages that were logged, so that each is logged when it is news. */
  readonly #logged = new Map<string, string>();

  constructor(options: PolicyKeeperOptions) {
    this.#options = options;
  }

  async reconcile(_key: string, { signal, log }: ReconcileContext): Promise<Outcome> {
    const again: Outcome = { kind: 'requeueAfter', ms: CHECK_EVERY_MS };
    const { client, configMap, metrics, onReadable } = this.#options;
    try {
      const source = await client.get(builtin.ConfigMap, configMap.namespace, configMap.name, { signal });
      if (source === undefined || source.metadata.deletionTimestamp !== undefined) {
        this.#warnOnce(
          log,
          'source',
          `ConfigMap ${configMap.name} does not exist: no admission policy is restored`,
        );
        return again;
      }
      const expected = expectedPolicies(source);
      this.#logged.delete('source');
      let inForce = 0;
      try {
        for (const object of expected) {
          await this.#keep(object, source, signal, log);
          inForce += 1;
        }
      } finally {
        metrics.inForce(inForce, expected.length);
      }
      this.#logged.delete('failure');
      onReadable();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof SourceChanged) return { kind: 'requeueAfter', ms: CHECK_AFTER_CHANGE_MS };
      if (error instanceof KubeError && ['conflict', 'backoff'].includes(error.disposition)) throw error;
      this.#warnOnce(
        log,
        'failure',
        `admission policies cannot be restored, the rest of the operator works: ${reasonOf(error)}`,
      );
      if (isLasting(error)) return { kind: 'requeueAfter', ms: CHECK_REFUSED_EVERY_MS };
    }
    return again;
  }

  async #keep(expected: KubeObject, source: KubeObject, signal: AbortSignal, log: Logger): Promise<void> {
    const { client } = this.#options;
    const type = typeOfPolicy(expected) as ResourceType;
    const { name } = expected.metadata;
    const live = await client.get(type, undefined, name, { signal });
    if (live === undefined) {
      await this.#assertCurrent(source, signal);
      await client.create(expected, { fieldManager: FIELD_MANAGER.operator, signal });
      this.#restored(expected, source, 'it was deleted', log);
      return;
    }
    this.#typeWarnings(live, log);
    const seen = contentHash([live.metadata.uid, live.spec, expected.spec]);
    if (this.#right.get(keyOf(live)) === seen) return;
    // The API server fills in defaults; a dry run returns what it would make of ours.
    const replace = (dryRun: boolean): Promise<KubeObject> =>
      client.patchJson(type, undefined, name, [{ op: 'replace', path: '/spec', value: expected.spec }], {
        resourceVersion: live.metadata.resourceVersion,
        fieldManager: FIELD_MANAGER.operator,
        dryRun,
        signal,
      });
    const wanted = await replace(true);
    const fields = changedFields(live.spec, wanted.spec);
    if (fields.length > 0) {
      await this.#assertCurrent(source, signal);
      await replace(false);
      const list = fields.slice(0, MAX_FIELDS_NAMED).join(', ');
      const more = fields.length > MAX_FIELDS_NAMED ? ` and ${fields.length - MAX_FIELDS_NAMED} more` : '';
      this.#restored(live, source, `spec was changed: ${list}${more}`, log);
    }
    this.#right.set(keyOf(live), contentHash([live.metadata.uid, wanted.spec, expected.spec]));
  }

  /** @throws {SourceChanged} */
  async #assertCurrent(source: KubeObject, signal: AbortSignal): Promise<void> {
    const { client, configMap } = this.#options;
    const now = await client.get(builtin.ConfigMap, configMap.namespace, configMap.name, { signal });
    const isSame =
      now?.metadata.uid === source.metadata.uid &&
      now?.metadata.resourceVersion === source.metadata.resourceVersion;
    if (!isSame || now?.metadata.deletionTimestamp !== undefined) throw new SourceChanged();
  }

  #restored(object: KubeObject, source: KubeObject, what: string, log: Logger): void {
    const { events, metrics } = this.#options;
    const { name } = object.metadata;
    const note = EVENT_NOTES.policyRestored(`${object.kind} ${name}`, what);
    metrics.restored(name);
    log.warn({ policy: name, kind: object.kind }, note);
    // About the ConfigMap, in the operator's own namespace, where the operator may tell also without cluster rights.
    events.record(source, { type: 'Warning', reason: 'PolicyRestored', action: 'PolicyRestored', note });
  }

  /** What kube-controller-manager finds in the expressions, such as a field that a kind does not have. */
  #typeWarnings(live: KubeObject, log: Logger): void {
    if (live.kind !== builtin.ValidatingAdmissionPolicy.kind) return;
    const { typeChecking } = (live.status ?? {}) as {
      typeChecking?: { expressionWarnings?: { fieldRef: string; warning: string }[] };
    };
    const warnings = typeChecking?.expressionWarnings ?? [];
    const { name } = live.metadata;
    this.#options.metrics.warnings(name, warnings.length);
    if (warnings.length === 0) this.#logged.delete(name);
    else {
      const list = warnings.map(({ fieldRef, warning }) => `${fieldRef}: ${warning}`).join('; ');
      this.#warnOnce(log, name, `the API server warns of policy ${name}: ${list}`);
    }
  }

  #warnOnce(log: Logger, about: string, message: string): void {
    if (this.#logged.get(about) === message) return;
    this.#logged.set(about, message);
    log.warn(message);
  }
}

function keyOf({ kind, metadata }: KubeObject): string {
  return `${kind}/${metadata.name}`;
}

function reasonOf(error: unknown): string {
  if (error instanceof KubeError && error.code === 404) {
    return `${error.message} (ValidatingAdmissionPolicies need Kubernetes 1.30)`;
  }
  return error instanceof Error ? error.message : String(error);
}
