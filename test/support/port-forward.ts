import { type ChildProcess, spawn } from 'node:child_process';
import { kubeconfigFile } from '../cluster/paths.ts';
import { ensureTools } from '../cluster/tools.ts';

const START_TIMEOUT_MS = 60_000;

export interface PortForward {
  /** Port on 127.0.0.1. */
  port: number;
  close(): Promise<void>;
}

/** `kubectl port-forward` to one pod, so that a test can choose which pod it talks to. */
export async function portForward(
  namespace: string,
  pod: string,
  containerPort: number,
): Promise<PortForward> {
  const { kubectl } = await ensureTools();
  const child = spawn(
    kubectl,
    ['--kubeconfig', kubeconfigFile, '-n', namespace, 'port-forward', `pod/${pod}`, `:${containerPort}`],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const port = await forwardedPort(child, pod);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) resolve();
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

function forwardedPort(child: ChildProcess, pod: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => {
      child.kill('SIGTERM');
      reject(new Error(`port-forward to ${pod} did not start: ${text}`));
    }, START_TIMEOUT_MS);
    const read = (chunk: Buffer) => {
      text += chunk.toString();
      const found = /127\.0\.0\.1:(\d+)/.exec(text);
      if (!found) return;
      clearTimeout(timer);
      resolve(Number(found[1]));
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`port-forward to ${pod} ended with ${code}: ${text}`));
    });
  });
}
