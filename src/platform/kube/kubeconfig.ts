import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';

/** Where credentials come from. Without either, the usual places in kubectl's order, then the pod's own. */
export interface KubeConfigSource {
  /** A kubeconfig file. */
  path?: string | undefined;
  /** The context in it, when it is not the current one. */
  context?: string | undefined;
}

/**
 * Loads credentials: a kubeconfig file, `$KUBECONFIG`, `~/.kube/config`, or the service account of the pod.
 *
 * @throws {Error} when the file cannot be read or the context does not exist.
 */
export function loadKubeConfig(source: KubeConfigSource = {}): KubeConfig {
  const config = new KubeConfig();
  if (source.path === undefined) config.loadFromDefault();
  else config.loadFromFile(source.path);
  if (source.context !== undefined) {
    if (config.getContextObject(source.context) === null) {
      const known = config.getContexts().map((each) => each.name);
      throw new Error(
        `kubeconfig: there is no context ${source.context}; known: ${known.join(', ') || 'none'}`,
      );
    }
    config.setCurrentContext(source.context);
  }
  if (config.getCurrentCluster() === null) {
    throw new Error(`kubeconfig: context ${config.getCurrentContext() || '(none)'} names no known cluster`);
  }
  return config;
}

/** The bearer token that requests carry now, of a file, a plug-in or the kubeconfig itself; undefined without one. */
export async function bearerToken(config: KubeConfig): Promise<string | undefined> {
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const headers = Object.entries(options.headers ?? {});
  const authorization = headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1];
  return /^Bearer (\S+)/i.exec(String(authorization ?? '').trim())?.[1];
}

/** The namespace of the current context, `default` when it names none. */
export function namespaceOf(config: KubeConfig): string {
  return config.getContextObject(config.getCurrentContext())?.namespace || 'default';
}
