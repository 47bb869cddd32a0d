import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { MeasuredProcess } from './measured-process.ts';
import { parseSamples, type Samples } from './samples.ts';

const READY_LIMIT_MS = 120_000;
/** What the chart gives Node, but for the share of the memory limit: here is none. */
const AS_IN_THE_CHART = ['--optimize-for-size', '--max-semi-space-size=4'];

export interface OperatorSettings {
  /** The bundle to run. */
  bundle: string;
  kubeconfig: string;
  podName: string;
}

/** The bundled operator as a process. */
export class OperatorProcess extends MeasuredProcess {
  readonly #base: string;

  private constructor(port: number, { bundle, kubeconfig, podName }: OperatorSettings) {
    super([process.execPath, ...AS_IN_THE_CHART, bundle], {
      KUBECONFIG: kubeconfig,
      OPERATOR_NAMESPACE: 'default',
      POD_NAME: podName,
      PRESENCE_IMAGE: 'presence:bench',
      METRICS_PORT: String(port),
      LOG_LEVEL: 'error',
    });
    this.#base = `http://127.0.0.1:${port}`;
    this.child.stdout?.pipe(process.stderr);
  }

  static async start(settings: OperatorSettings): Promise<OperatorProcess> {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    listener.close();
    await once(listener, 'close');
    return new OperatorProcess(port, settings);
  }

  /** Waits for `/readyz`: all caches are filled. Gives the seconds since the process was started. */
  async ready(): Promise<number> {
    while (performance.now() - this.startedMs < READY_LIMIT_MS) {
      const status = await fetch(`${this.#base}/readyz`).then(
        (answer) => answer.status,
        () => 0,
      );
      if (status === 200) return (performance.now() - this.startedMs) / 1000;
      await sleep(20);
    }
    throw new Error('the operator did not become ready');
  }

  async samples(): Promise<Samples> {
    return parseSamples(await (await fetch(`${this.#base}/metrics`)).text());
  }
}
