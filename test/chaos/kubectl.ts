import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { dockerProgram } from '../cluster/docker.ts';
import { kubeconfigFile } from '../cluster/paths.ts';
import { ensureTools } from '../cluster/tools.ts';

const run = promisify(execFile);
/** A hung node must not hang the test that made it hang. */
const TIMEOUT_MS = 20_000;
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;

export async function kubectl(...args: string[]): Promise<string> {
  const tools = await ensureTools();
  const limits = { timeout: TIMEOUT_MS, maxBuffer: MOST_OUTPUT_BYTES };
  return (await run(tools.kubectl, ['--kubeconfig', kubeconfigFile, ...args], limits)).stdout.trim();
}

/** Runs docker on this machine, whose containers are the nodes of the cluster. */
export async function dockerRun(...args: string[]): Promise<string> {
  return (await run(dockerProgram(), args, { timeout: TIMEOUT_MS })).stdout.trim();
}
