import { ensureEngine } from './engine.ts';
import { corednsProgram, etcdProgram, kindProgram, kubernetesProgram, pauseProgram } from './go-programs.ts';
import { imageSteps, madeImages } from './images.ts';
import { ensureCluster } from './kind-cluster.ts';
import { kubectlLayer } from './kubectl-layer.ts';
import { loadImages } from './load-images.ts';
import { buildNodeImage, nodeImage, nodeImageIsBuilt } from './node-image.ts';
import { componentRootArchive, nodeRootArchive } from './node-root.ts';
import { linkPrograms } from './program-links.ts';
import { registryAnswers } from './registry.ts';
import type { Shell } from './shell.ts';
import type { Step } from './step-runner.ts';
import { goStep } from './tools.ts';
import { upstreamImages } from './versions.ts';

/** What was found out about the machine: it decides how everything else is made. */
export interface Machine {
  /** No container registry answers. */
  closed: boolean;
  nodeImageIsBuilt: boolean;
}

/** Finds out, and fills in `machine`. */
export function detectionSteps(machine: Machine): Step[] {
  return [
    { name: 'engine', needs: [], doing: 'looking for a Docker engine', run: ensureEngine },
    {
      name: 'registry',
      needs: ['engine'],
      doing: 'asking whether images can be pulled',
      run: async (shell) => {
        machine.nodeImageIsBuilt = await nodeImageIsBuilt(shell);
        machine.closed = machine.nodeImageIsBuilt || !(await registryAnswers(shell));
        if (machine.nodeImageIsBuilt) return 'our own node image is here: no registry needed';
        return machine.closed
          ? 'no registry answers: the images are built here from packages and modules'
          : 'a registry answers: the upstream images are pulled';
      },
    },
  ];
}

/** From a machine with an engine to a cluster with our images in it. The longest come first. */
export function clusterSteps(name: string, machine: Machine): Step[] {
  const prepared = machine.closed && !machine.nodeImageIsBuilt ? nodeImageSteps() : [];
  const images = imageSteps(machine.closed, []);
  const kindAndHelm = [goStep('kind', 'compiling kind', kindProgram), helmStep()];
  const image = machine.closed ? nodeImage : upstreamImages.node;
  const plan = { name, image, ownNodeImage: machine.closed };
  return [
    ...prepared,
    ...kindAndHelm,
    ...images,
    {
      name: 'cluster',
      needs: [...kindAndHelm, ...prepared].map((step) => step.name),
      doing: 'making the cluster',
      run: (shell) => ensureCluster(shell, plan),
    },
    loadStep(name, machine, ['cluster', ...images.map((step) => step.name)]),
    {
      name: 'programs',
      needs: kindAndHelm.map((step) => step.name),
      doing: 'linking kubectl, helm and kind',
      run: linkPrograms,
    },
  ];
}

/** Makes the images anew where their content has changed, and loads them into the cluster when there is one. */
export function reloadSteps(name: string, machine: Machine): Step[] {
  const images = imageSteps(machine.closed, []);
  const kind = goStep('kind', 'compiling kind', kindProgram);
  return [...images, kind, loadStep(name, machine, [kind.name, ...images.map((step) => step.name)])];
}

function nodeImageSteps(): Step[] {
  const parts = [
    goStep('kubernetes', 'compiling Kubernetes', kubernetesProgram),
    rootStep('node root', 'unpacking Debian for the nodes', nodeRootArchive),
    rootStep('component root', 'unpacking Debian for the components', componentRootArchive),
    goStep('coredns', 'compiling CoreDNS', corednsProgram),
    goStep('etcd', 'compiling etcd', etcdProgram),
    goStep('pause', 'compiling pause', pauseProgram),
  ];
  const needs = parts.map((step) => step.name);
  return [...parts, { name: 'node image', needs, doing: 'building the node image', run: buildNodeImage }];
}

function rootStep(name: string, doing: string, make: (shell: Shell) => Promise<string>): Step {
  return { name, needs: [], doing, run: async (shell) => void (await make(shell)) };
}

function helmStep(): Step {
  return {
    name: 'helm',
    needs: [],
    doing: 'unpacking helm and kubectl',
    run: async (shell) => void (await kubectlLayer(shell)),
  };
}

function loadStep(cluster: string, machine: Machine, needs: readonly string[]): Step {
  return {
    name: 'load',
    needs,
    doing: 'loading images into the nodes',
    run: (shell) => loadImages(shell, cluster, madeImages(machine.closed)),
  };
}
