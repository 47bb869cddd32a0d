import { LABEL } from '../../api/v1alpha1/names.ts';
import type { Claim, ClaimTemplate } from '../../domain/volumes/claim.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';

/** A PersistentVolumeClaim as far as it is read. */
export type PersistentVolumeClaim = KubeObject & {
  spec?: {
    volumeName?: string;
    storageClassName?: string;
    resources?: { requests?: { storage?: string } };
    dataSource?: object;
    dataSourceRef?: object;
  };
  status?: {
    phase?: string;
    capacity?: { storage?: string };
    conditions?: { type: string; status: string; message?: string }[];
  };
};

/** Conditions under which a volume is not yet as large as its claim. */
const RESIZING: readonly string[] = [
  'Resizing',
  'FileSystemResizePending',
  'ControllerResizeError',
  'NodeResizeError',
];

export function claimOf({ metadata, spec, status }: PersistentVolumeClaim): Claim {
  const resizing = status?.conditions?.find(
    ({ type, status: is }) => is === 'True' && RESIZING.includes(type),
  );
  const capacity = status?.capacity?.storage;
  return {
    name: metadata.name,
    uid: metadata.uid ?? '',
    shard: Number(metadata.labels?.[LABEL.shard]),
    // A claim that names a volume waits for that one; a lost claim had one.
    isBound: status?.phase === 'Bound' || status?.phase === 'Lost' || spec?.volumeName !== undefined,
    isRestored: spec?.dataSource !== undefined || spec?.dataSourceRef !== undefined,
    isDeleting: metadata.deletionTimestamp !== undefined,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    size: spec?.resources?.requests?.storage ?? '0',
    ...(capacity === undefined ? {} : { capacity }),
    ...(spec?.storageClassName === undefined ? {} : { storageClassName: spec.storageClassName }),
    ...(resizing === undefined ? {} : { resizing: resizing.message ?? resizing.type }),
  };
}

/** The first claim template of a StatefulSet or of its manifest; undefined when there is none. */
export function claimTemplateOf(spec: unknown): ClaimTemplate | undefined {
  const { volumeClaimTemplates: templates = [] } = spec as { volumeClaimTemplates?: PersistentVolumeClaim[] };
  const [template] = templates;
  if (template === undefined) return undefined;
  const { labels = {}, annotations = {} } = template.metadata;
  const storageClassName = template.spec?.storageClassName;
  return {
    size: template.spec?.resources?.requests?.storage ?? '0',
    ...(storageClassName === undefined ? {} : { storageClassName }),
    labels,
    annotations,
  };
}
