import {
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  type KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
  NetworkingV1Api,
  PolicyV1Api,
} from '@kubernetes/client-node';
import type { ResourceType } from '../../../src/platform/kube/resource.ts';

type List = () => Promise<KubernetesListObject<KubernetesObject>>;

/** The list function that a user of the stock informer would give it: typed where the library has the type. */
export function stockList(config: KubeConfig, type: ResourceType, labelSelector: string | undefined): List {
  const core = config.makeApiClient(CoreV1Api);
  const apps = config.makeApiClient(AppsV1Api);
  const policy = config.makeApiClient(PolicyV1Api);
  const networking = config.makeApiClient(NetworkingV1Api);
  const custom = config.makeApiClient(CustomObjectsApi);
  const selection = labelSelector === undefined ? {} : { labelSelector };
  const typed: Record<string, List> = {
    configmaps: () => core.listConfigMapForAllNamespaces(selection),
    services: () => core.listServiceForAllNamespaces(selection),
    serviceaccounts: () => core.listServiceAccountForAllNamespaces(selection),
    pods: () => core.listPodForAllNamespaces(selection),
    deployments: () => apps.listDeploymentForAllNamespaces(selection),
    statefulsets: () => apps.listStatefulSetForAllNamespaces(selection),
    networkpolicies: () => networking.listNetworkPolicyForAllNamespaces(selection),
    poddisruptionbudgets: () => policy.listPodDisruptionBudgetForAllNamespaces(selection),
  };
  const { group, version, plural } = type;
  return (
    typed[plural] ??
    (() => custom.listClusterCustomObject({ group, version, plural, ...selection }) as ReturnType<List>)
  );
}
