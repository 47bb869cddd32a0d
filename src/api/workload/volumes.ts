import * as z from 'zod';
import { withRules } from '../schema/cel-rule.ts';
import { objectName } from '../schema/fields.ts';
import { quantity } from '../schema/quantity.ts';

/** Volumes of a pod beside ours, and mounts of a container. */
export const MAX_VOLUMES = 16;
const MAX_SOURCES = 16;
const MAX_ITEMS = 32;
const MAX_KEY_LENGTH = 253;
const MAX_PATH_LENGTH = 512;
const MAX_ATTRIBUTES = 16;
const MAX_ATTRIBUTE_LENGTH = 1_024;
const MAX_DRIVER_LENGTH = 63;

/** Of a ConfigMap or Secret. */
const KEY = /^[-._a-zA-Z0-9]+$/;
/** Below the place where the volume is mounted: no step is `..`, and none is empty. A rule would cost more than a CRD may. */
const STEP = String.raw`(\.|\.[^/.][^/]*|\.\.[^/]+|[^/.][^/]*)`;
const FILE = new RegExp(`^${STEP}(/${STEP})*$`);
/** What a file of the downward API may say. Source: https://kubernetes.io/docs/concepts/workloads/pods/downward-api/ */
const FIELD = /^metadata\.(name|namespace|uid|(labels|annotations)(\['[^']+'\])?)$/;
/** Source: https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/csi-driver-v1/ */
const DRIVER = /^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?$/;

const optional = z.boolean().optional().describe('Pods start without it as well.');

const filePath = z.string().min(1).max(MAX_PATH_LENGTH).regex(FILE);

const atomic = <S extends z.ZodType>(item: S, max: number) =>
  z.array(item).max(max).meta({ 'x-kubernetes-list-type': 'atomic' });

const keys = atomic(
  z.object({
    key: z.string().min(1).max(MAX_KEY_LENGTH).regex(KEY).describe('Key in it.'),
    path: filePath.describe('File that it becomes.'),
  }),
  MAX_ITEMS,
)
  .optional()
  .describe('Keys that become files. Left out: all, by their names.');

const named = (kind: string) =>
  z.object({
    name: objectName.describe(`Name of the ${kind}, in the same namespace.`),
    items: keys,
    optional,
  });

const downwardApi = z.object({
  items: atomic(
    z.object({
      path: filePath.describe('File that it becomes.'),
      fieldRef: z
        .object({
          fieldPath: z
            .string()
            .min(1)
            .max(MAX_PATH_LENGTH)
            .regex(FIELD)
            .describe(
              "Path of the field: name, namespace, uid, labels or annotations of metadata, or metadata.labels['KEY'].",
            ),
        })
        .describe('A field of the pod.'),
    }),
    MAX_ITEMS,
  ).describe('Files and what they say.'),
});

const PROJECTED = ['configMap', 'secret', 'downwardAPI'] as const;

/** No token of the service account: pods get none, and policy `operator-pods` refuses it. */
const source = withRules(
  z.object({
    configMap: named('ConfigMap').optional().describe('Keys of a ConfigMap.'),
    secret: named('Secret').optional().describe('Keys of a Secret.'),
    downwardAPI: downwardApi.optional().describe('What is known of the pod.'),
  }),
  [
    {
      cel: `[${PROJECTED.map((name) => `has(self.${name})`).join(', ')}].exists_one(given, given)`,
      message: `a source needs exactly one of ${PROJECTED.join(', ')}`,
      check: (value) => PROJECTED.filter((name) => value[name] !== undefined).length === 1,
    },
  ],
);

const attributes = withRules(z.record(z.string(), z.string().max(MAX_ATTRIBUTE_LENGTH)), [
  {
    cel: `size(self) <= ${MAX_ATTRIBUTES}`,
    message: `at most ${MAX_ATTRIBUTES} entries`,
    check: (entries) => Object.keys(entries).length <= MAX_ATTRIBUTES,
  },
]).meta({ maxProperties: MAX_ATTRIBUTES });

/** An inline volume, which lives as long as the pod. Source: https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#csi-ephemeral-volumes */
const csi = z.object({
  driver: z.string().min(1).max(MAX_DRIVER_LENGTH).regex(DRIVER).describe('Name of the CSI driver.'),
  readOnly: z.boolean().optional().describe('Left out: it may be written.'),
  fsType: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe('File system, for example ext4. Left out: as the driver chooses.'),
  volumeAttributes: attributes
    .optional()
    .describe('Attributes that the driver reads, as its manual lists them.'),
  nodePublishSecretRef: z
    .object({ name: objectName.describe('Name of a Secret, in the same namespace.') })
    .optional()
    .describe('Secret that the driver gets.'),
});

const SOURCES = ['configMap', 'secret', 'emptyDir', 'projected', 'csi'] as const;

/** A volume for sidecars and init containers: what the restricted Pod Security Standard leaves, without claims. */
export const volume = withRules(
  z.object({
    name: z
      .string()
      .min(1)
      .max(63)
      .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
      .describe('Name of the volume.'),
    configMap: z
      .object({ name: objectName.describe('Name of the ConfigMap, in the same namespace.'), optional })
      .optional()
      .describe('The keys of a ConfigMap as files.'),
    secret: z
      .object({ secretName: objectName.describe('Name of the Secret, in the same namespace.'), optional })
      .optional()
      .describe('The keys of a Secret as files.'),
    emptyDir: z
      .object({ sizeLimit: quantity.optional().describe('Size after which the pod is evicted.') })
      .optional()
      .describe('A directory that lives as long as the pod.'),
    projected: z
      .object({
        sources: atomic(source, MAX_SOURCES).describe('What is put together, one or more.'),
      })
      .optional()
      .describe('ConfigMaps, Secrets and what is known of the pod, in one directory.'),
    csi: csi.optional().describe('An inline volume of a CSI driver, for example of a store of secrets.'),
  }),
  [
    {
      cel: `[${SOURCES.map((name) => `has(self.${name})`).join(', ')}].exists_one(given, given)`,
      message: `a volume needs exactly one of ${SOURCES.join(', ')}`,
      check: (value) => SOURCES.filter((name) => value[name] !== undefined).length === 1,
    },
  ],
);
