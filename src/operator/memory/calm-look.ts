import type { Observed } from '../cluster-state/observed.ts';
import { sha256Hex } from '../objects/content-hash.ts';

/** A look at everything is decided from again after this time, whatever was seen: what depends on the time alone is not seen. */
const DECIDED_AGAIN_AFTER_MS = 30_000;

/** Numbers that no step and no condition of a well Redis Cluster depends on within that time. */
const FLOWING: ReadonlySet<string> = new Set(['replicationOffset', 'fedSecondsAgo', 'used', 'dataset']);

/** A look that led to nothing, and for how long an equal one leads to nothing either. */
interface Last {
  readonly objects: readonly unknown[];
  /** Hash of what was answered. */
  readonly answers: string;
  /** A clock that was set back since then may bring another decision. */
  readonly at: Date;
  readonly untilMs: number;
  /** When the wall clock brings another decision. */
  readonly nextInstant: Date;
}

/**
 * The last look at one PresenceCluster that was steady, of which everything was well, and for which nothing had to be done. While looks
 * are equal to it, the same is not computed again: Redis is asked as often as ever, so nothing that is observed is noticed later.
 */
export class CalmLook {
  #last: Last | undefined;

  /** When the next decision is due, where this look is equal to the last one; undefined where it must be decided again. */
  sameAs(observed: Observed, nowMs: number): { nextInstant: Date } | undefined {
    const last = this.#last;
    if (last === undefined || nowMs >= last.untilMs) return undefined;
    if (observed.now < last.at || observed.now >= last.nextInstant) return undefined;
    const objects = objectsOf(observed);
    const isSame =
      objects.length === last.objects.length &&
      objects.every((object, index) => object === last.objects[index]) &&
      answersOf(observed) === last.answers;
    return isSame ? { nextInstant: last.nextInstant } : undefined;
  }

  /** @param nextInstant when the wall clock brings another decision, or another write */
  note(observed: Observed, nowMs: number, nextInstant: Date): void {
    const [objects, answers] = [objectsOf(observed), answersOf(observed)];
    const untilMs = nowMs + DECIDED_AGAIN_AFTER_MS;
    this.#last = { objects, answers, at: observed.now, untilMs, nextInstant };
  }

  forget(): void {
    this.#last = undefined;
  }
}

/** What caches and this process hold is replaced when it changes, never written to. */
function objectsOf(observed: Observed): unknown[] {
  const { cluster, weddings, overrides, children, redisPods, presencePods, lostPods } = observed;
  const { aclSecret, tls, slo, zoneData, lastFailover, holdFloor } = observed;
  return [
    ...[cluster, aclSecret, tls, slo, zoneData, lastFailover, holdFloor],
    ...[weddings.length, overrides.length, children.size, redisPods.length, presencePods.length],
    ...[...weddings, ...overrides, ...children.values(), ...redisPods, ...presencePods, ...lostPods],
  ];
}

/** What servers answered, and what is made for each look. */
function answersOf(observed: Observed): string {
  const { topology, runningConfig, certificateServers, warnings, claims, renewals, refusedGrowth } = observed;
  const { moveRefused, unwatchedKinds, freezeClock, signingProblem } = observed;
  const { conflictingAutoscaler, bookingsStale } = observed;
  const answers = [
    ...[topology, [...runningConfig], certificateServers, [...warnings], claims, renewals, refusedGrowth],
    ...[moveRefused, unwatchedKinds, freezeClock, signingProblem, conflictingAutoscaler, bookingsStale],
    observed.schedulableNodes(),
  ];
  const text = JSON.stringify(answers, (key, value: unknown) => {
    if (FLOWING.has(key)) return undefined;
    return value instanceof Map || value instanceof Set ? [...value] : value;
  });
  return sha256Hex(text);
}
