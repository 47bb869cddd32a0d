import type { Manifest } from '../../domain/resources/manifest.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { childKey } from '../cluster-state/observed.ts';
import { sha256Hex } from '../objects/content-hash.ts';

interface Applied {
  /** Of the content that was sent. */
  hash: string;
  /** Of the object that came of it. */
  version: string;
}

/** What was applied last, so that a pass in which nothing changed sends nothing. Lost at a restart, without harm. */
export class AppliedMemory {
  /** By PresenceCluster (`namespace/name`), then by `Kind/name` of the child. */
  readonly #clusters = new Map<string, Map<string, Applied>>();

  /** PresenceClusters that are remembered. */
  get size(): number {
    return this.#clusters.size;
  }

  /** @param result what the API server made of the manifest */
  remember(cluster: string, manifest: Manifest, result: KubeObject): void {
    const children = this.#clusters.get(cluster) ?? new Map<string, Applied>();
    children.set(childKey(manifest), { hash: hashOf(manifest), version: versionOf(result) });
    this.#clusters.set(cluster, children);
  }

  /** Whether this manifest was applied last and nobody has touched what it says since. */
  isCurrent(cluster: string, manifest: Manifest, live: KubeObject): boolean {
    const last = this.#clusters.get(cluster)?.get(childKey(manifest));
    return last?.version === versionOf(live) && last.hash === hashOf(manifest) && carries(live, manifest);
  }

  forgetChild(cluster: string, child: string): void {
    this.#clusters.get(cluster)?.delete(child);
  }

  forget(cluster: string): void {
    this.#clusters.delete(cluster);
  }
}

/** Order counts: the same code makes the same order, and sorting thousands of manifests a minute is felt. */
function hashOf(manifest: Manifest): string {
  return sha256Hex(JSON.stringify(manifest));
}

/** Status changes do not count: `generation` moves with the spec only. Kinds without it change by people only. */
function versionOf(object: KubeObject): string {
  const { uid, generation, resourceVersion } = object.metadata;
  return `${uid}/${generation ?? resourceVersion}`;
}

/** `generation` says nothing of metadata, so ours is compared; what others put beside it is theirs. */
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
