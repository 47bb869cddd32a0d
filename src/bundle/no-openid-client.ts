/**
 * Takes the place of the package `openid-client` in the operator. client-node renews tokens of people with it (`auth-provider: oidc` of a
 * kubeconfig); the operator has the token of its service account. Without it and what it needs the bundle is smaller.
 */
const refuse = (): never => {
  throw new Error('the operator cannot renew a token by OpenID Connect: use another user in the kubeconfig');
};

export const customFetch = Symbol('customFetch');
export const discovery = refuse;
export const refreshTokenGrant = refuse;
