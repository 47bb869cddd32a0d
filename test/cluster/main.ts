import { parseArgs } from 'node:util';
import { clusterName, ensureClusterUp, ensureImages, purge, takeDown } from './cluster.ts';
import { formatSeconds } from './step-runner.ts';
import { ensureTools } from './tools.ts';

const usage = `usage: main.ts VERB

  up      a Kubernetes cluster of four nodes with our images in it; writes out/kubeconfig
  down    removes the cluster, and stops the Docker engine when up started it
  images  makes our images and loads them into the cluster when it runs
  tools   the programs that integration tests start on this machine; prints their paths
  purge   down, and removes our images and the cache

CLUSTER_NAME names the cluster (now ${clusterName}).`;

const verbs: Record<string, () => Promise<unknown>> = {
  up: async () => console.log(`  export KUBECONFIG=${(await ensureClusterUp()).kubeconfig}`),
  down: takeDown,
  images: ensureImages,
  tools: async () => console.log(JSON.stringify(await ensureTools(), null, 2)),
  purge,
};

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' } },
  });
  const verb = verbs[positionals[0] ?? ''];
  if (values.help || verb === undefined || positionals.length !== 1) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const started = performance.now();
  await verb();
  console.error(`${positionals[0]}: done in ${formatSeconds((performance.now() - started) / 1000)}`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
