import type { RedisStorage } from '../../api/v1alpha1/lifecycle/redis-storage.ts';

/** Name of the volume of a Redis pod, and the beginning of the names of its claims: `data-NAME-redis-0-0`. */
const DATA_VOLUME = 'data';

/** Names of the claims of a StatefulSet begin so. */
export function claimPrefix(statefulSet: string): string {
  return `${DATA_VOLUME}-${statefulSet}-`;
}

/** `spec.volumeClaimTemplates` of the StatefulSets; nothing for EmptyDir. */
export function claimTemplates(storage: RedisStorage): { volumeClaimTemplates?: object[] } {
  if (storage.type !== 'Claim') return {};
  const { labels, annotations } = storage.metadata ?? {};
  return {
    volumeClaimTemplates: [
      {
        metadata: {
          name: DATA_VOLUME,
          ...(labels === undefined ? {} : { labels }),
          ...(annotations === undefined ? {} : { annotations }),
        },
        spec: {
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: storage.size } },
          ...(storage.storageClassName ? { storageClassName: storage.storageClassName } : {}),
        },
      },
    ],
  };
}
