import {
  CHANGE_FREEZE_ANNOTATION_PREFIX,
  CHANGE_FREEZES_LABEL,
  FIELD_MANAGER,
} from '../../api/v1alpha1/names.ts';
import type { FreezeAnnotations } from '../../domain/freeze/clock/freeze-annotations.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { builtin, type KubeObject } from '../../platform/kube/resource.ts';
import {
  type Annotations,
  annotationBytes,
  prefixedAnnotations,
  withoutPrefix,
} from '../objects/prefixed-annotations.ts';

/** Of the 256 KiB that all annotations of an object may have together, PresenceClusters use at most half. The rest is for others. */
export const MAX_CHANGE_FREEZE_BYTES = 64 * 1024;

/** The annotations of all ChangeFreezes of a namespace have no room for one more. */
export class NoRoomForChangeFreeze extends Error {
  override readonly name = 'NoRoomForChangeFreeze';
  /** Only fewer ChangeFreezes or windows help. */
  readonly disposition = 'terminal';

  constructor(namespace: string) {
    super(
      `all ChangeFreezes of Namespace ${namespace} need more than ${MAX_CHANGE_FREEZE_BYTES / 1024} KiB of annotations`,
    );
  }
}

export interface NamespaceChangeFreezesOptions {
  client: KubeClient;
  /** Whether there is a ChangeFreeze of this key, `namespace/name`. */
  exists: (key: string) => boolean;
}

/**
 * Writes ChangeFreezes where the admission policies read them: annotations of the Namespace, and the label by which the
 * policies find it.
 */
export class NamespaceChangeFreezes {
  readonly #options: NamespaceChangeFreezesOptions;

  constructor(options: NamespaceChangeFreezesOptions) {
    this.#options = options;
  }

  /**
   * Brings the annotations of one ChangeFreeze to what is wanted, and removes those of ChangeFreezes that are gone.
   *
   * @param wanted undefined: none
   * @throws NoRoomForChangeFreeze; what was written before stays
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
    const { windows, overrides } = CHANGE_FREEZE_ANNOTATION_PREFIX;
    await this.#bring(
      found,
      {
        [`${windows}${name}`]: wanted?.windows ?? null,
        [`${overrides}${name}`]: wanted?.overrides ?? null,
      },
      signal,
    );
  }

  /**
   * Removes the annotations of ChangeFreezes that are gone from one Namespace, as it was listed.
   *
   * @throws KubeError, a conflict when the Namespace has changed since: a ChangeFreeze may have been written, which needs the label
   */
  async sweep(found: KubeObject, signal: AbortSignal): Promise<void> {
    await this.#bring(found, {}, signal, found.metadata.resourceVersion);
  }

  async #bring(
    found: KubeObject,
    own: Annotations,
    signal: AbortSignal,
    resourceVersion?: string,
  ): Promise<void> {
    const { name } = found.metadata;
    const current = prefixedAnnotations(found, PREFIXES);
    const leftovers = Object.keys(current).filter(
      (key) => !this.#options.exists(`${name}/${withoutPrefix(key, PREFIXES)}`),
    );
    const target: Annotations = {
      ...current,
      ...Object.fromEntries(leftovers.map((key) => [key, null])),
      ...own,
    };
    const kept = Object.entries(target).filter(([, value]) => value !== null);
    if (
      annotationBytes(target) > MAX_CHANGE_FREEZE_BYTES &&
      annotationBytes(target) > annotationBytes(current)
    ) {
      throw new NoRoomForChangeFreeze(name);
    }
    const annotations = Object.entries(target).filter(([key, value]) => (current[key] ?? null) !== value);
    const label = kept.length > 0 ? 'true' : null;
    const hasLabel = (found.metadata.labels?.[CHANGE_FREEZES_LABEL] ?? null) === label;
    if (annotations.length === 0 && hasLabel) return;
    await this.#options.client.patch(
      builtin.Namespace,
      undefined,
      name,
      {
        metadata: {
          ...(resourceVersion === undefined ? {} : { resourceVersion }),
          annotations: Object.fromEntries(annotations),
          labels: hasLabel ? {} : { [CHANGE_FREEZES_LABEL]: label },
        },
      },
      { fieldManager: FIELD_MANAGER.freeze, signal },
    );
  }
}

const PREFIXES = Object.values(CHANGE_FREEZE_ANNOTATION_PREFIX);
