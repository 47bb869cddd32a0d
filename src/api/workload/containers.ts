import * as z from 'zod';
import { withRules } from '../schema/cel-rule.ts';
import { resources } from '../schema/container-resources.ts';
import { image } from '../schema/fields.ts';
import { INT_OR_STRING } from '../schema/int-or-string.ts';
import { env, envFrom } from './env.ts';
import { celList } from './labels.ts';
import { sleep } from './pre-stop.ts';
import { MAX_VOLUMES, volume } from './volumes.ts';

const MAX_CONTAINERS = 8;
const MAX_WORDS = 64;
const MAX_WORD_LENGTH = 4_096;
const MAX_PORTS = 16;
const MAX_PATH_LENGTH = 512;
const MAX_PORT = 65_535;
const MAX_SECONDS = 3_600;
const MAX_FAILURES = 1_000;
/** The largest id but one: the API server does not enforce the bound of the type itself. */
const MAX_ID = 2 ** 31 - 2;

const words = z
  .array(z.string().max(MAX_WORD_LENGTH))
  .max(MAX_WORDS)
  .optional()
  .meta({ 'x-kubernetes-list-type': 'atomic' });

/** Of a container, a volume or a port. */
const label = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);

const port = z
  .union([
    z.int().min(1).max(MAX_PORT),
    z
      .string()
      .min(1)
      .max(15)
      .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/),
  ])
  .meta(INT_OR_STRING)
  .describe('Number or name of a port.');

const ASKED = ['exec', 'httpGet', 'tcpSocket'] as const;

const exec = z.object({ command: words.describe('Command and its arguments; 0 is success.') });

const httpGet = z.object({
  path: z.string().max(MAX_PATH_LENGTH).optional().describe('Path of the request.'),
  port,
  scheme: z.enum(['HTTP', 'HTTPS']).optional().describe('Left out: HTTP.'),
});

const DONE = ['exec', 'httpGet', 'sleep'] as const;

/** Within the time to end of the pod, which counts from the same instant. */
const preStop = withRules(
  z.object({
    exec: exec.optional().describe('A command in the container.'),
    httpGet: httpGet.optional().describe('An HTTP request.'),
    sleep: sleep.optional().describe('A wait.'),
  }),
  [
    {
      cel: `[${DONE.map((name) => `has(self.${name})`).join(', ')}].exists_one(given, given)`,
      message: `preStop needs exactly one of ${DONE.join(', ')}`,
      check: (value) => DONE.filter((name) => value[name] !== undefined).length === 1,
    },
  ],
);

const probe = withRules(
  z.object({
    exec: exec.optional().describe('A command in the container.'),
    httpGet: httpGet.optional().describe('An HTTP request.'),
    tcpSocket: z.object({ port }).optional().describe('A connection.'),
    initialDelaySeconds: z.int32().min(0).max(MAX_SECONDS).optional().describe('Seconds before the first.'),
    periodSeconds: z.int32().min(1).max(MAX_SECONDS).optional().describe('Seconds from one to the next.'),
    timeoutSeconds: z.int32().min(1).max(MAX_SECONDS).optional().describe('Seconds until it has failed.'),
    failureThreshold: z
      .int32()
      .min(1)
      .max(MAX_FAILURES)
      .optional()
      .describe('Failures after which it counts.'),
  }),
  [
    {
      cel: `[${ASKED.map((name) => `has(self.${name})`).join(', ')}].exists_one(given, given)`,
      message: `a probe needs exactly one of ${ASKED.join(', ')}`,
      check: (value) => ASKED.filter((name) => value[name] !== undefined).length === 1,
    },
  ],
).optional();

const common = {
  name: label(63).describe('Name of the container.'),
  image: image.describe('Container image.'),
  imagePullPolicy: z
    .enum(['Always', 'IfNotPresent', 'Never'])
    .optional()
    .describe('When the node pulls the image. Left out: as Kubernetes chooses by the tag.'),
  command: words.describe('Entrypoint. Left out: that of the image.'),
  args: words.describe('Arguments. Left out: those of the image.'),
  workingDir: z.string().max(MAX_PATH_LENGTH).optional().describe('Working directory.'),
  env: env([]).optional(),
  envFrom: envFrom.optional(),
  resources: resources.optional().describe('CPU, memory and disk of the container.'),
  volumeMounts: z
    .array(
      z.object({
        name: label(63).describe(
          'Volume: one of volumes, or of the operator, for example data of a Redis pod.',
        ),
        mountPath: z.string().min(1).max(MAX_PATH_LENGTH).describe('Where it is mounted.'),
        subPath: z.string().max(MAX_PATH_LENGTH).optional().describe('Path in the volume.'),
        readOnly: z.boolean().optional().describe('Left out: it may be written.'),
      }),
    )
    .max(MAX_VOLUMES)
    .refine(
      (list) => new Set(list.map(({ mountPath }) => mountPath)).size === list.length,
      'mountPath must differ',
    )
    .optional()
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['mountPath'] })
    .describe('Volumes of the container.'),
  securityContext: z
    .object({
      runAsUser: z.int().min(1).max(MAX_ID).optional().describe('User id; never root.'),
      runAsGroup: z.int().min(0).max(MAX_ID).optional().describe('Group id.'),
      readOnlyRootFilesystem: z.boolean().optional().describe('Left out: true.'),
    })
    .optional()
    .describe(
      'User and root file system. No privileges and capabilities, as the restricted profile asks for.',
    ),
  lifecycle: z
    .object({ preStop: preStop.optional().describe('Before the container is asked to end.') })
    .optional()
    .describe('What is done before the container ends.'),
  startupProbe: probe.describe('Until the container answers for the first time.'),
  livenessProbe: probe.describe('After which a container that hangs is restarted.'),
};

const sidecar = z.object({
  ...common,
  ports: z
    .array(
      z.object({
        containerPort: z.int32().min(1).max(MAX_PORT).describe('Port of the container.'),
        name: label(15).optional().describe('Its name.'),
      }),
    )
    .max(MAX_PORTS)
    .optional()
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe('TCP ports of the container.'),
});

const initContainer = withRules(
  z.object({
    ...common,
    restartPolicy: z
      .literal('Always')
      .optional()
      .describe('Always: it starts before the server and runs beside it. Left out: it runs to its end.'),
  }),
  [
    {
      cel: 'has(self.restartPolicy) || (!has(self.startupProbe) && !has(self.livenessProbe) && !has(self.lifecycle))',
      message: 'probes and lifecycle go with restartPolicy Always only',
      check: ({ restartPolicy, startupProbe, livenessProbe, lifecycle }) =>
        restartPolicy !== undefined ||
        (startupProbe === undefined && livenessProbe === undefined && lifecycle === undefined),
    },
  ],
);

const named = <S extends z.ZodType<{ name: string }>>(
  item: S,
  max: number,
  taken: readonly string[],
  why: string,
) =>
  withRules(
    z
      .array(item)
      .max(max)
      .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'name must differ'),
    [
      {
        cel: `self.all(each, !(each.name in ${celList(taken)}))`,
        message: `${taken.join(', ')} ${why}`,
        check: (list) => list.every(({ name }) => !taken.includes(name)),
      },
    ],
  ).meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] });

/**
 * Containers beside ours, and what they mount. The server itself is none of them: its image, resources, variables and probes have fields
 * of their own.
 *
 * @param own name of our container
 * @param volumes names of our volumes
 */
export const furtherContainers = (own: string, volumes: readonly string[]) => ({
  containers: named(
    sidecar,
    MAX_CONTAINERS,
    [own],
    'is the container of the operator; its settings have fields of their own',
  )
    .optional()
    .describe('Sidecars: containers that run beside the server.'),
  initContainers: named(initContainer, MAX_CONTAINERS, [own], 'is the container of the operator')
    .optional()
    .describe('Containers that run before the server, in this order.'),
  volumes: named(volume, MAX_VOLUMES, volumes, 'are volumes of the operator')
    .optional()
    .describe('Volumes for these containers.'),
});

export type FurtherContainer = z.output<typeof sidecar> & z.output<typeof initContainer>;
