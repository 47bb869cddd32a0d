import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openPrometheus } from '../../cluster/prometheus-root.ts';
import { eventually } from '../../support/eventually.ts';
import { removeDirectory } from '../../support/remove-directory.ts';
import { freePorts } from '../free-ports.ts';

export interface Target {
  job: string;
  /** `host:port` */
  address: string;
  /** What discovery in Kubernetes would add. */
  labels: Readonly<Record<string, string>>;
  honorLabels: boolean;
}

export interface ActiveAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  state: 'pending' | 'firing';
}

interface RuleState {
  name: string;
  health: string;
  lastError?: string;
}

/** A busy machine reads 50 MB of program. */
const STARTS_WITHIN_SECONDS = 60;

/** Prometheus of Debian, which scrapes every two seconds and evaluates every second. */
export class PrometheusProcess {
  readonly #url: string;
  readonly #end: () => Promise<void>;

  private constructor(url: string, end: () => Promise<void>) {
    this.#url = url;
    this.#end = end;
  }

  /** @param rules a rules file as Prometheus reads it */
  static async start(targets: readonly Target[], rules: object): Promise<PrometheusProcess> {
    const directory = await mkdtemp(path.join(tmpdir(), 'prometheus-'));
    const [port = 0] = await freePorts('127.0.0.1', 1);
    const config = {
      // A scrape may take as long as its interval, and two evaluations see the same one: a loaded machine ends no alert.
      global: { scrape_interval: '2s', scrape_timeout: '2s', evaluation_interval: '1s' },
      rule_files: ['rules.json'],
      scrape_configs: targets.map(({ job, address, labels, honorLabels }) => ({
        job_name: job,
        honor_labels: honorLabels,
        static_configs: [{ targets: [address], labels }],
      })),
    };
    await writeFile(path.join(directory, 'rules.json'), JSON.stringify(rules));
    await writeFile(path.join(directory, 'config.json'), JSON.stringify(config));
    const [program = '', ...first] = (await openPrometheus()).prometheus;
    const flags = [
      '--config.file=config.json',
      '--storage.tsdb.path=data',
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    const child = spawn(program, [...first, ...flags], {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4_000);
    });
    const endWithParent = (): void => void child.kill('SIGKILL');
    process.once('exit', endWithParent);
    const ended = once(child, 'exit');
    const found = new PrometheusProcess(`http://127.0.0.1:${port}`, async () => {
      child.kill('SIGKILL');
      await ended;
      process.removeListener('exit', endWithParent);
      await removeDirectory(directory);
    });
    await eventually({ what: 'Prometheus is ready', withinSeconds: STARTS_WITHIN_SECONDS }, async () => {
      if (child.exitCode !== null) throw new Error(log);
      return (await fetch(`${found.#url}/-/ready`)).ok;
    });
    return found;
  }

  stop(): Promise<void> {
    return this.#end();
  }

  /** Samples of an expression now, with their labels. @throws when Prometheus does not understand it */
  async query(expr: string): Promise<{ metric: Record<string, string>; value: number }[]> {
    const { result } = await this.#get<{
      result: { metric: Record<string, string>; value: [number, string] }[];
    }>(`query?query=${encodeURIComponent(expr)}`);
    return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }

  async alerts(): Promise<ActiveAlert[]> {
    return (await this.#get<{ alerts: ActiveAlert[] }>('alerts')).alerts;
  }

  async rules(): Promise<RuleState[]> {
    return (await this.#get<{ groups: { rules: RuleState[] }[] }>('rules')).groups.flatMap(
      ({ rules }) => rules,
    );
  }

  async #get<T>(what: string): Promise<T> {
    const response = await fetch(`${this.#url}/api/v1/${what}`);
    const body = (await response.json()) as { status: string; error?: string; data: T };
    if (body.status !== 'success') throw new Error(`${what}: ${body.error}`);
    return body.data;
  }
}
