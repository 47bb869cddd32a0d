import { Gauge, type Registry } from 'prom-client';

/** One sample of a metric. */
export interface Reading {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ReadMetricOptions {
  readonly name: string;
  readonly help: string;
  /** A counter is counted elsewhere and only read here. */
  readonly type: 'gauge' | 'counter';
  readonly labelNames: readonly string[];
  /** Called at each scrape. A value that is no finite number is left out. */
  readonly read: () => Iterable<Reading>;
}

/**
 * Registers a metric whose samples are read at each scrape and kept nowhere: those of an object that is gone go with it, and a
 * thousand objects cost no memory between scrapes.
 */
export function registerReadMetric(registry: Registry, options: ReadMetricOptions): void {
  registry.registerMetric(new ReadMetric(options));
}

/** About 60 kB. */
const LINES_PER_PART = 500;

/** A metric that can be written in parts, because it may have very many samples. */
export class ReadMetric extends Gauge {
  readonly #options: ReadMetricOptions;
  /** As the registry and the metrics page read it. */
  readonly type: ReadMetricOptions['type'];

  constructor(options: ReadMetricOptions) {
    const { name, help, labelNames, type } = options;
    super({ name, help, labelNames: [...labelNames], registers: [] });
    this.#options = options;
    this.type = type;
  }

  override async get(): ReturnType<Gauge['get']> {
    return { ...(await super.get()), values: [...this.#readings()] };
  }

  /** The metric in the text format of Prometheus, some hundred lines at a time; each part ends with a line. */
  *parts(): Generator<string> {
    const { name, help, type } = this.#options;
    let lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
    for (const { labels, value } of this.#readings()) {
      lines.push(`${name}${labelsText(labels)} ${value}`);
      if (lines.length < LINES_PER_PART) continue;
      yield `${lines.join('\n')}\n`;
      lines = [];
    }
    yield `${lines.join('\n')}\n`;
  }

  *#readings(): Generator<Reading> {
    for (const reading of this.#options.read()) if (Number.isFinite(reading.value)) yield reading;
  }
}

function labelsText(labels: Reading['labels']): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/ */
function escaped(value: string): string {
  return /[\\"\n]/.test(value)
    ? value.replaceAll('\\', String.raw`\\`).replaceAll('"', String.raw`\"`).replaceAll('\n', String.raw`\n`)
    : value;
}
