import type { Manifest } from '../../domain/resources/manifest.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { childKey } from '../cluster-state/observed.ts';
import { sha256Hex } from '../objects/content-hash.ts';

interface Applied {
  /** Hash of the content that was sent. */
  hash: string;
  /** Version of the object that the API server made of it. */
  version: string;
}

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

  /** @param result what the API server made of the manifest */
  remember(manifest: Manifest, result: KubeObject): void {
    this.#children.set(childKey(manifest), { hash: hashOf(manifest), version: versionOf(result) });
  }

  /** Whether this manifest was applied last and the object still has what it says. */
  isCurrent(manifest: Manifest, live: KubeObject): boolean {
    const last = this.#children.get(childKey(manifest));
    return last?.version === versionOf(live) && last.hash === hashOf(manifest) && carries(live, manifest);
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
