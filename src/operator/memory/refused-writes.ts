import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { ANNOTATION } from '../../api/v1alpha1/names.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import type { KubeObject, ResourceType } from '../../platform/kube/resource.ts';

/** How soon a refused write is sent again. */
export type Pace =
  /** Nothing else heals or serves in its place: a pod of a lost node, the number of presence pods, a freeze, the status. */
  | 'Urgent'
  /** Its object is read before each try, and a refusal is in status. */
  | 'Patient';

/**
 * Delays until the next try, in milliseconds; the last one repeats. An object may cost ten requests per hour: of urgent writes
 * there are at most ten tries, of the others five, because each of them reads the object first. The first delay is short: new
 * permissions reach an API server a moment after they are written. The delays of `RefusalBackoff` are longer, so that a write which
 * it lets through is not held here.
 */
const DELAYS_MS: Readonly<Record<Pace, readonly number[]>> = {
  Urgent: [5_000, 25_000, 120_000, 450_000, 600_000],
  Patient: [5_000, 60_000, 1_000_000, 1_400_000],
};

const HOUR_MS = 3_600_000;
/**
 * Refusals within an hour after which another content waits as well, for the last delay. With that delay no hour has more than ten
 * tries, and the first one after a repair comes no later than for a content that never changes.
 */
const AT_ONCE_PER_HOUR: Readonly<Record<Pace, number>> = { Urgent: 5, Patient: 8 };
const DROP_EVERY_MS = 60_000;
/** In one namespace. A calendar whose 20,000 Weddings a quota refuses would fill 30 MiB; the oldest ones are then sent at each poll. */
const MAX_REFUSALS = 1_000;
/** People name objects that there are not, and may name others all the time. Forgotten, one costs another read per try. */
const MAX_ABSENT = 10_000;

/** One write as the API server sees it. */
export interface Write {
  readonly verb: string;
  readonly kind: string;
  /** Undefined for objects of the whole cluster. */
  readonly namespace: string | undefined;
  readonly name: string;
  readonly pace: Pace;
  /** Identifies the content; equal for all writes that differ only in random values or times. */
  readonly content: () => string;
}

interface Refusal {
  readonly error: Error;
  readonly content: string;
  /** Tries of this content. */
  readonly tries: number;
  readonly againAtMs: number;
  /** Of any content, in the last hour. */
  readonly refusedAtMs: readonly number[];
}

/**
 * Which writes the API server refused for reasons that a person must remove, and until when they are not sent again. In one place for
 * all writes of the operator, whatever sends them and however often.
 */
export class RefusedWrites {
  /** By namespace and then by verb and object. */
  readonly #refusals = new Map<string, Map<string, Refusal>>();
  /** Objects that were looked for and not found. */
  readonly #absent = new Set<string>();
  /** What a person last asked for, by PresenceCluster. */
  readonly #asked = new Map<string, string>();
  #droppedAtMs = 0;

  /**
   * Sends a write, unless it was refused a short time ago; then it fails with the same error as it did.
   *
   * @param nowMs on the monotonic clock, here and below
   */
  async send<T>(write: Write, nowMs: number, send: () => Promise<T>): Promise<T> {
    const held = this.#held(write, nowMs);
    if (held !== undefined) throw held;
    try {
      const result = await send();
      const refusals = this.#of(write);
      if (refusals?.get(keyOf(write))?.content === write.content()) refusals.delete(keyOf(write));
      this.#absent.delete(objectOf(write));
      return result;
    } catch (error) {
      if (isRefusal(error)) this.#note(write, error, nowMs);
      throw error;
    }
  }

  /**
   * Reads an object. One whose creation was refused a short time ago counts as absent until it may be created again: it is
   * looked for only to create it.
   */
  async read<T extends KubeObject>(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    nowMs: number,
    read: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const target = { kind: type.kind, namespace, name };
    const isHeld = ['create', 'apply'].some((verb) => {
      const refusal = this.#of(target)?.get(keyOf({ ...target, verb }));
      return refusal !== undefined && nowMs < refusal.againAtMs;
    });
    // It may have been looked for after the refusal alone: what was never seen is created without a look.
    if (isHeld && this.#absent.has(objectOf(target))) return undefined;
    const found = await read();
    if (this.#absent.size >= MAX_ABSENT) this.#absent.clear();
    if (found === undefined) this.#absent.add(objectOf(target));
    else this.#absent.delete(objectOf(target));
    return found;
  }

  /** Once a person asks for something else, or for another try, everything in the namespace is tried at once. */
  ask({ metadata: { namespace, name, generation, annotations } }: PresenceCluster): void {
    const key = `${namespace}/${name}`;
    const asked = `${generation} ${annotations?.[ANNOTATION.retry]}`;
    const before = this.#asked.get(key);
    this.#asked.set(key, asked);
    if (before !== undefined && before !== asked) this.#refusals.delete(namespace);
  }

  /** The PresenceCluster `namespace/name` is gone; the next one of the name starts afresh. */
  forget(key: string): void {
    this.#asked.delete(key);
    const namespace = key.slice(0, key.indexOf('/'));
    this.#refusals.delete(namespace);
    for (const object of this.#absent) if (object.startsWith(`${namespace} `)) this.#absent.delete(object);
  }

  #held(write: Write, now: number): Error | undefined {
    const known = this.#of(write)?.get(keyOf(write));
    if (known === undefined) return undefined;
    const recent = inLastHour(known.refusedAtMs, now);
    const isOften = recent.length >= AT_ONCE_PER_HOUR[write.pace];
    if (isOften && now < (recent.at(-1) ?? 0) + lastDelay(write.pace)) return known.error;
    return now < known.againAtMs && known.content === write.content() ? known.error : undefined;
  }

  #note(write: Write, error: Error, now: number): void {
    this.#dropOld(now);
    const group = groupOf(write);
    const refusals = this.#refusals.get(group) ?? new Map<string, Refusal>();
    this.#refusals.set(group, refusals);
    const known = refusals.get(keyOf(write));
    const content = write.content();
    const tries = known?.content === content ? known.tries + 1 : 1;
    const delays = DELAYS_MS[write.pace];
    refusals.set(keyOf(write), {
      error,
      content,
      tries,
      againAtMs: now + (delays[Math.min(tries, delays.length) - 1] ?? 0),
      refusedAtMs: [...inLastHour(known?.refusedAtMs ?? [], now), now],
    });
    const [oldest] = refusals.keys();
    if (refusals.size > MAX_REFUSALS && oldest !== undefined) refusals.delete(oldest);
  }

  #of(write: Pick<Write, 'kind' | 'namespace' | 'name'>): Map<string, Refusal> | undefined {
    return this.#refusals.get(groupOf(write));
  }

  /** Objects that are gone are never written again. */
  #dropOld(now: number): void {
    if (now - this.#droppedAtMs < DROP_EVERY_MS) return;
    this.#droppedAtMs = now;
    for (const [group, refusals] of this.#refusals) {
      for (const [key, { againAtMs }] of refusals) if (againAtMs + HOUR_MS < now) refusals.delete(key);
      if (refusals.size === 0) this.#refusals.delete(group);
    }
  }
}

function lastDelay(pace: Pace): number {
  return DELAYS_MS[pace].at(-1) ?? 0;
}

function inLastHour(timesMs: readonly number[], now: number): number[] {
  return timesMs.filter((at) => now - at < HOUR_MS);
}

/**
 * Permissions, policies, quotas and values are changed by people. An answer 401 is about this process and not about an object, and
 * passes when its token is renewed.
 */
function isRefusal(error: unknown): error is KubeError {
  return (
    error instanceof KubeError &&
    error.code !== 401 &&
    (error.disposition === 'terminal' || error.disposition === 'forbidden')
  );
}

/** A Namespace belongs to what is in it. */
function groupOf({ kind, namespace, name }: Pick<Write, 'kind' | 'namespace' | 'name'>): string {
  return namespace ?? (kind === 'Namespace' ? name : '');
}

function keyOf({ verb, kind, name }: Pick<Write, 'verb' | 'kind' | 'name'>): string {
  return `${verb} ${kind}/${name}`;
}

function objectOf({ kind, namespace, name }: Pick<Write, 'kind' | 'namespace' | 'name'>): string {
  return `${namespace ?? ''} ${kind}/${name}`;
}
