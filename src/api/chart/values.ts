import * as z from 'zod';

/** Values of charts/presence-operator; `values.schema.json` is generated from it. */

const labels = z.record(z.string(), z.string());

const headerName = z.string().regex(/^[-A-Za-z0-9]*$/);

const namespace = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);

const image = z.strictObject({
  repository: z.string().min(1).describe('Image name without tag.'),
  tag: z.string().describe('Tag; empty uses the appVersion of the chart.'),
  digest: z
    .string()
    .regex(/^(sha256:[0-9a-f]{64})?$/)
    .describe('sha256:… pins the image and wins over tag.'),
  pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).describe('When the node pulls the image.'),
});

/** YAML reads `cpu: 1` as a number; Kubernetes takes both. */
const quantity = z.union([z.string(), z.number()]).optional();
const amounts = z.strictObject({ cpu: quantity, memory: quantity, 'ephemeral-storage': quantity });

/** `null` takes a default away: Helm drops the key, and a parent chart passes it on. */
const amountsOrNull = z.strictObject({ requests: amounts.nullish(), limits: amounts.nullish() }).nullish();
const ofCore = z.record(z.string(), z.unknown());
const named = z.looseObject({ name: z.string().min(1) });
const monitor = z.strictObject({ enabled: z.boolean(), interval: z.string().min(2), labels });
const countOrPercent = z.union([z.int().min(0), z.string().regex(/^([0-9]+%)?$/)]);

const seconds = z.int().min(0).max(3600).optional();
const probeTiming = z.strictObject({
  initialDelaySeconds: seconds,
  periodSeconds: z.int().min(1).max(3600).optional(),
  timeoutSeconds: z.int().min(1).max(3600).optional(),
  failureThreshold: z.int().min(1).max(1000).optional(),
});

export const chartValues = z.strictObject({
  global: z
    .looseObject({
      imageRegistry: z
        .string()
        .regex(/^([^/\s][^\s]*)?$/)
        .nullish()
        .describe('Goes in front of every image that names no registry.'),
      imagePullSecrets: z
        .array(z.union([z.string().min(1), z.strictObject({ name: z.string().min(1) })]))
        .nullish()
        .describe('Names of Secrets, added to imagePullSecrets.'),
    })
    .optional()
    .describe('What a parent chart sets for all of its charts; further keys are not read here.'),
  enabled: z
    .boolean()
    .optional()
    .describe('For `condition: presence-operator.enabled` of a parent chart; not read here.'),
  nameOverride: z.string().describe('Replaces the chart name in object names.'),
  fullnameOverride: z.string().describe('Replaces the whole object name prefix.'),
  replicas: z.int().min(1).max(5).describe('Operator pods; one leads, the others stand by.'),
  strategy: z
    .strictObject({
      type: z.enum(['RollingUpdate', 'Recreate']),
      rollingUpdate: z
        .strictObject({ maxSurge: countOrPercent.optional(), maxUnavailable: countOrPercent.optional() })
        .describe('For type RollingUpdate.'),
    })
    .describe('How an upgrade replaces the operator pods.'),
  livenessProbe: probeTiming.describe('Timing of the liveness probe of the operator.'),
  readinessProbe: probeTiming.describe('Timing of the readiness probe of the operator.'),
  terminationGracePeriodSeconds: z
    .int()
    .min(1)
    .max(3600)
    .describe('Seconds that an operator pod has to end.'),
  image: image.describe('Image of the operator and, by default, of the presence pods.'),
  imagePullSecrets: z.array(z.strictObject({ name: z.string() })).describe('Secrets for a private registry.'),
  redisImages: z
    .strictObject({ valkey: z.string().min(1), redis: z.string().min(1) })
    .describe('Default images of spec.redis.engine Valkey and Redis.'),
  watchNamespaces: z.array(namespace).describe('Namespaces to watch; empty watches all.'),
  weddingCalendars: z
    .strictObject({
      privateNetworkNamespaces: z
        .array(namespace)
        .describe('Namespaces whose WeddingCalendars may set spec.allowPrivateNetworks; empty: none.'),
    })
    .describe('What WeddingCalendars may do.'),
  changeFreezes: z
    .strictObject({
      customResources: z
        .array(
          z.strictObject({
            group: z
              .string()
              .max(253)
              .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/)
              .describe('API group.'),
            resource: z
              .string()
              .max(63)
              .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
              .describe('Plural name.'),
          }),
        )
        .max(32)
        .describe('Custom resources that ChangeFreezes may freeze; empty: none.'),
    })
    .describe('What ChangeFreezes may freeze.'),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error']).describe('Level of the structured logs.'),
  zoneData: z
    .strictObject({
      configMap: z.string().describe('ConfigMap with newer data; empty uses the data of the image.'),
      key: z
        .string()
        .regex(/^[-._a-zA-Z0-9]+$/)
        .describe('Key in it.'),
    })
    .describe('Time zone data of the operator.'),
  resources: amountsOrNull.describe('CPU, memory and disk.'),
  commonLabels: labels.nullish().describe('Further labels of every object of the chart.'),
  podLabels: labels.nullish().describe('Further labels of the operator pods.'),
  podAnnotations: labels.nullish().describe('Annotations of the operator pods.'),
  nodeSelector: labels.nullish().describe('Nodes the operator may run on.'),
  tolerations: z.array(ofCore).nullish().describe('Taints the operator tolerates.'),
  affinity: ofCore.nullish().describe('Nodes and pods to be near to or away from.'),
  topologySpreadConstraints: z
    .array(ofCore)
    .nullish()
    .describe('Spread of the operator pods; empty spreads them over nodes.'),
  priorityClassName: z.string().describe('Priority class of the operator pods.'),
  podSecurityContext: ofCore.nullish().describe('Security context of the operator pods.'),
  securityContext: ofCore.nullish().describe('Security context of the operator container.'),
  extraEnv: z.array(named).nullish().describe('Further environment variables of the operator.'),
  extraVolumes: z.array(named).nullish().describe('Further volumes of the operator pods.'),
  extraVolumeMounts: z.array(named).nullish().describe('Where they are mounted.'),
  podDisruptionBudget: z
    .strictObject({
      enabled: z.boolean(),
      maxUnavailable: countOrPercent.nullish(),
      minAvailable: countOrPercent.nullish(),
    })
    .describe('PodDisruptionBudget of the operator pods.'),
  podPriorityClass: z
    .strictObject({
      create: z.boolean().describe('The chart makes the class, unless watchNamespaces names namespaces.'),
      name: z.string().max(253).describe('Its name; empty: NAMESPACE-NAME-pods, when it is made.'),
      value: z.int().min(-2_147_483_648).max(1_000_000_000).describe('Priority; higher ones win.'),
      preemptionPolicy: z
        .enum(['Never', 'PreemptLowerPriority'])
        .describe('Whether pods of the class may push others off their nodes.'),
    })
    .describe('Priority class of Redis and presence pods whose spec names none.'),
  serviceAccount: z
    .strictObject({ create: z.boolean(), name: z.string(), annotations: labels })
    .describe('Service account of the operator.'),
  rbac: z
    .strictObject({
      create: z.boolean().describe('Roles and bindings of the operator.'),
      aggregatedRoles: z.boolean().describe('Let the built-in view, edit and admin roles reach our kinds.'),
    })
    .describe('Who may do what.'),
  admissionPolicies: z
    .strictObject({
      enabled: z.boolean().describe('Let the API server refuse changes while weddings are on.'),
      restore: z.boolean().describe('The operator puts policies back that were changed or deleted.'),
      trustedUsers: z
        .array(z.string().min(1))
        .describe(
          'Further users that may delete and evict pods in a freeze and write their status, as the API server knows them.',
        ),
      clock: z
        .strictObject({
          leaseName: z.string().max(253).describe('Name of the Lease; empty: no clock.'),
          leaseNamespace: namespace.describe('Namespace of the Lease.'),
        })
        .describe('Lease that the control plane renews: the clock of requests without a time stamp.'),
    })
    .describe('ValidatingAdmissionPolicies that hold a freeze against all users, also without the operator.'),
  networkPolicy: z
    .strictObject({ enabled: z.boolean() })
    .describe('Lets nothing but the metrics and probe port reach the operator.'),
  podMonitor: monitor.describe('PodMonitor of the operator, for the Prometheus operator.'),
  serviceMonitor: monitor.describe('ServiceMonitor of the operator, for the Prometheus operator.'),
  presencePodMonitor: monitor.describe('PodMonitor of the presence pods, for the Prometheus operator.'),
  prometheusRule: z
    .strictObject({
      enabled: z.boolean(),
      runbookBaseUrl: z
        .string()
        .regex(/^(https?:\/\/\S+)?$/)
        .describe('Address of the files of this version, before each runbook_url; empty: none.'),
      labels,
    })
    .describe(
      'Alerts, and the objectives as recorded series, as a PrometheusRule of the Prometheus operator.',
    ),
  grafanaDashboards: z
    .strictObject({ enabled: z.boolean(), labels, annotations: labels })
    .describe('Dashboards of Grafana, as ConfigMaps.'),
  dashboard: z
    .strictObject({
      enabled: z.boolean().describe('A Deployment that serves the dashboard to users of the API server.'),
      replicas: z.int().min(1).max(5),
      resources: amountsOrNull,
      ingressFrom: z.array(ofCore).nullish().describe('Peers of a NetworkPolicy that may open the page.'),
      proxy: z
        .strictObject({
          userHeader: headerName.describe('Header with the name of the user; empty: none is believed.'),
          groupsHeader: headerName.describe('Header with the groups of the user.'),
          secretName: z.string().max(253).describe('Secret whose key `secret` the proxy sends.'),
        })
        .describe('A proxy in front that knows the user.'),
      nodeSelector: labels.nullish(),
      tolerations: z.array(ofCore).nullish(),
    })
    .describe('The dashboard in the cluster.'),
  tests: z
    .strictObject({
      limitSeconds: z.int().min(1).max(3600).describe('Time for each test pod, in seconds.'),
      presenceCluster: z
        .strictObject({
          namespace: namespace.describe('Namespace of the PresenceCluster; the test pod runs there.'),
          name: z.string().max(63).describe('PresenceCluster to connect to; empty connects no client.'),
          secretName: z
            .string()
            .max(253)
            .describe('Secret whose key `secret` signs tokens; empty uses the one that the operator makes.'),
        })
        .describe('The PresenceCluster to which a client is connected.'),
    })
    .describe('What `helm test` does.'),
});
