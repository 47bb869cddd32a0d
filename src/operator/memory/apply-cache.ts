import type { Manifest } from '../../domain/resources/manifest.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { childKey } from '../cluster-state/observed.ts';
import { sha256Hex } from '../objects/content-hash.ts';

interface Applied {
  /** Hash of the content that was sent. */
  readonly hash: string;
  /** Version of the object that the API server made of it. */
  readonly version: string;
  /** Version that the cache showed then; undefined: there was no object. */
  readonly before: string | undefined;
  /** When the answer came, on the monotonic clock. */
  readonly atMs: number;
  /** The cache has shown what was applied. */
  isSeen: boolean;
}

/**
 * How long the cache may lag behind our own write. What triggered the pass after it is often older than the write, and without this all
 * objects of a new PresenceCluster would be applied twice.
 */
const LAG_MS = 2_000;

/**
 * The last applied content of the children of one PresenceCluster, so that a reconcile in which nothing changed sends nothing.
 * Lost at a restart without harm: everything is then applied once.
 */
export class ApplyCache {
  /** By `Kind/name` of the child. */
  readonly #children = new Map<string, Applied>();

  /** Children that are remembered. */
  get size(): number {
    return this.#children.size;
  }

  /**
   * @param result what the API server made of the manifest
   * @param before the object as the cache showed it when it was sent; undefined: there was none
   */
  remember(manifest: Manifest, result: KubeObject, before: KubeObject | undefined, nowMs: number): void {
    this.#children.set(childKey(manifest), {
      hash: hashOf(manifest),
      version: versionOf(result),
      before: before && versionOf(before),
      atMs: nowMs,
      isSeen: false,
    });
  }

  /**
   * Whether this manifest was applied last and the object still has what it says, or was applied a moment ago and the cache does not
   * show it yet.
   */
  isCurrent(manifest: Manifest, live: KubeObject | undefined, nowMs: number): boolean {
    const last = this.#children.get(childKey(manifest));
    if (last === undefined || last.hash !== hashOf(manifest)) return false;
    const version = live && versionOf(live);
    if (!last.isSeen && version === last.before && version !== last.version) {
      return nowMs - last.atMs < LAG_MS;
    }
    last.isSeen = true;
    return live !== undefined && version === last.version && carries(live, manifest);
  }

  /** How long until it is certain that an object of which the cache shows nothing is gone again; undefined: nothing is awaited. */
  lagMs(nowMs: number): number | undefined {
    const ages = [...this.#children.values()].filter(({ isSeen }) => !isSeen).map(({ atMs }) => nowMs - atMs);
    const waits = ages.filter((age) => age < LAG_MS).map((age) => LAG_MS - age);
    return waits.length === 0 ? undefined : Math.max(...waits);
  }

  /** @param child `Kind/name` */
  forgetChild(child: string): void {
    this.#children.delete(child);
  }
}

/** The order of fields counts: the same code makes the same order, and sorting thousands of manifests per minute costs CPU. */
function hashOf(manifest: Manifest): string {
  return sha256Hex(JSON.stringify(manifest));
}

/** Status changes do not count: `generation` changes with the spec only. Kinds without it have no status. */
function versionOf(object: KubeObject): string {
  const { uid, generation, resourceVersion } = object.metadata;
  return `${uid}/${generation ?? resourceVersion}`;
}

/** `generation` does not change with metadata, so our metadata is compared; other managers' keys are ignored. */
function carries(live: KubeObject, { metadata }: Manifest): boolean {
  const owners = new Set(live.metadata.ownerReferences?.map(({ uid }) => uid));
  return (
    holds(live.metadata.labels, metadata.labels) &&
    holds(live.metadata.annotations, metadata.annotations) &&
    metadata.ownerReferences.every(({ uid }) => owners.has(String(uid)))
  );
}

function holds(live: Record<string, string> = {}, wanted: Record<string, string> = {}): boolean {
  return Object.entries(wanted).every(([key, value]) => live[key] === value);
}
