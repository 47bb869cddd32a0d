import { FIELD_MANAGER, FREEZE_ANNOTATION_PREFIX } from '../../api/v1alpha1/names.ts';
import type { FreezeAnnotations } from '../../domain/freeze/clock/freeze-annotations.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { builtin, type KubeObject } from '../../platform/kube/resource.ts';
import { annotationBytes, prefixedAnnotations, withoutPrefix } from '../objects/prefixed-annotations.ts';

/** Of the 256 KiB that all annotations of an object may have together, half are left to others. */
export const MAX_ANNOTATION_BYTES = 128 * 1024;

/** The annotations of all PresenceClusters of a namespace have no room for one more. */
export class NoRoomInNamespace extends Error {
  override readonly name = 'NoRoomInNamespace';
  /** Only fewer PresenceClusters or windows help. */
  readonly disposition = 'terminal';

  constructor(namespace: string) {
    super(
      `the freeze windows of all PresenceClusters of Namespace ${namespace} need more than ${MAX_ANNOTATION_BYTES / 1024} KiB of annotations`,
    );
  }
}

export interface NamespaceFreezesOptions {
  client: KubeClient;
  /** Whether there is a PresenceCluster of this key, `namespace/name`. */
  exists: (key: string) => boolean;
}

/** Writes freezes where the admission policies with the clock read them: annotations of the Namespace. */
export class NamespaceFreezes {
  readonly #options: NamespaceFreezesOptions;

  constructor(options: NamespaceFreezesOptions) {
    this.#options = options;
  }

  /**
   * Brings the annotations of one PresenceCluster to what is wanted, and removes those of PresenceClusters that are gone.
   *
   * @param wanted undefined: none
   * @throws NoRoomInNamespace, with its own annotations removed: a part of the windows would be worse than the phase
   * @throws KubeError
   */
  async write(
    namespace: string,
    name: string,
    wanted: FreezeAnnotations | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const found = await this.#options.client.get(builtin.Namespace, undefined, namespace, { signal });
    if (found === undefined) return;
    const current = prefixedAnnotations(found, PREFIXES);
    const leftovers = this.#leftovers(namespace, current);
    const own = {
      [`${FREEZE_ANNOTATION_PREFIX.windows}${name}`]: wanted?.windows ?? null,
      [`${FREEZE_ANNOTATION_PREFIX.overrides}${name}`]: wanted?.overrides ?? null,
    };
    const hasRoom =
      wanted === undefined || annotationBytes({ ...current, ...leftovers, ...own }) <= MAX_ANNOTATION_BYTES;
    const target = hasRoom ? own : Object.fromEntries(Object.keys(own).map((key) => [key, null]));
    await this.#patch(namespace, current, { ...leftovers, ...target }, signal);
    if (!hasRoom) throw new NoRoomInNamespace(namespace);
  }

  /** Removes the annotations of PresenceClusters that are gone from one Namespace, as it was listed. */
  async sweep(found: KubeObject, signal: AbortSignal): Promise<void> {
    const { name } = found.metadata;
    const current = prefixedAnnotations(found, PREFIXES);
    await this.#patch(name, current, this.#leftovers(name, current), signal);
  }

  #leftovers(namespace: string, current: Readonly<Record<string, string>>): Record<string, null> {
    const gone = Object.keys(current).filter(
      (key) => !this.#options.exists(`${namespace}/${withoutPrefix(key, PREFIXES)}`),
    );
    return Object.fromEntries(gone.map((key) => [key, null]));
  }

  async #patch(
    namespace: string,
    current: Readonly<Record<string, string>>,
    wanted: Readonly<Record<string, string | null>>,
    signal: AbortSignal,
  ): Promise<void> {
    const differing = Object.entries(wanted).filter(([key, value]) => (current[key] ?? null) !== value);
    if (differing.length === 0) return;
    await this.#options.client.patch(
      builtin.Namespace,
      undefined,
      namespace,
      { metadata: { annotations: Object.fromEntries(differing) } },
      { fieldManager: FIELD_MANAGER.freeze, signal },
    );
  }
}

const PREFIXES = Object.values(FREEZE_ANNOTATION_PREFIX);
