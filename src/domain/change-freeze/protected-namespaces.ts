/** Namespaces in which nothing is frozen, because that would stop repairs of the Kubernetes cluster. The policies of the chart have the same list. */
export const PROTECTED_NAMESPACES: readonly string[] = ['kube-system', 'kube-public', 'kube-node-lease'];
