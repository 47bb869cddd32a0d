/**
 * Takes the place of the package `jsonpath-plus` in the operator. client-node reads with it what the programs of two clouds print
 * (`auth-provider: gcp` and `azure` of a kubeconfig); the operator has the token of its service account. Without it the bundle is smaller.
 */
export const JSONPath = (): never => {
  throw new Error('the operator cannot use auth-provider gcp or azure: use another user in the kubeconfig');
};
