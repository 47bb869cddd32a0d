import type { Command } from 'commander';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { freezeWedding } from '../../domain/freeze/protected-weddings.ts';
import { type FreezePlan, freezeWindows } from '../../domain/freeze/windows.ts';
import { decidingSpec } from '../../reports/deciding-spec.ts';
import { nameOf, weddingsOf } from '../../reports/inventory.ts';
import { changes, resample, type TimelineStep, timeline } from '../../reports/timeline.ts';
import type { CliContext } from '../context/context.ts';
import { CliFailure, WrongUse } from '../context/failure.ts';
import { durationArgument, parseTimeArgument } from '../context/time-argument.ts';
import { selectOne } from '../inventory/select.ts';
import { outputFormat, render } from '../output/render.ts';
import { csvLines, jsonLines, summaryText, textLines, toRows, yamlLines } from '../simulation/rows.ts';
import { stepChart } from '../simulation/step-chart.ts';
import { summarize } from '../simulation/summary.ts';
import { type GlobalOptions, readInventory } from './options.ts';

const MS_A_DAY = 86_400_000;
const MS_A_YEAR = 366 * MS_A_DAY;
/** Pods are not planned further ahead, and in the modes that look at the load each year has 105,120 decisions. */
const MAX_YEARS = 20;
/** About 100 MB of text; a year in steps of a minute has 527,040. */
const MAX_ROWS = 1_000_000;

const EXAMPLES = `
Examples:
  kubectl presence simulate wedsync --from 2027-01-01 --to 2028-01-01 --summary
  kubectl presence simulate -f presence-cluster.yaml -f weddings.yaml --from 2027-06-01 --to 2027-07-01 -o csv
  kubectl presence simulate wedsync --from 2027-01-01 --to 2028-01-01 --chart year.svg`;

interface SimulateOptions extends GlobalOptions {
  from: string;
  to: string;
  step?: string;
  chart?: string;
  summary?: boolean;
}

interface Simulation {
  presenceCluster: PresenceCluster;
  spec: PresenceClusterSpec;
  from: Date;
  to: Date;
  skipped: FreezePlan['skipped'];
  steps: TimelineStep[];
}

/** `simulate`: every change of a span of time, offline, by the code that decides in the operator. */
export function addSimulate(program: Command, context: CliContext): void {
  program
    .command('simulate')
    .description('list every change of a span of time: pods, freezes, reasons')
    .argument('[name]', 'PresenceCluster; may be left out when there is one')
    .requiredOption(
      '--from <date>',
      'required: first instant, a date or a time in the zone of the PresenceCluster',
    )
    .requiredOption('--to <date>', 'required: first instant after the span, at most 20 years later')
    .option('--step <length>', 'print a row every so often instead of a row a change, for example 5m')
    .option('--summary', 'print pod-hours, freeze hours, clock changes and conflicts instead of rows')
    .option('--chart <file>', 'write a chart (SVG), too')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<SimulateOptions>();
      const print = printer(context, options);
      const simulation = await simulate(context, options, name);
      if (options.chart !== undefined) await writeChart(context, options.chart, simulation);
      await context.printLines(print(simulation));
    });
}

async function simulate(
  context: CliContext,
  options: SimulateOptions,
  name: string | undefined,
): Promise<Simulation> {
  const inventory = await readInventory(context, options);
  const presenceCluster = selectOne(inventory, name);
  const { spec, note } = decidingSpec(presenceCluster);
  if (note !== undefined) context.note(note);
  const from = parseTimeArgument('--from', options.from, spec.timeZone);
  const to = parseTimeArgument('--to', options.to, spec.timeZone);
  if (from >= to) throw new WrongUse(`--from ${options.from} must be before --to ${options.to}`);
  checkLength(options, to.getTime() - from.getTime());
  const weddings = weddingsOf(inventory, presenceCluster);
  const { windows, skipped } = freezeWindows({
    spec,
    weddings: weddings.map((wedding) => freezeWedding(wedding, wedding.metadata.name)),
    from,
    days: (to.getTime() - from.getTime()) / MS_A_DAY,
  });
  const onProgress = (share: number): void => context.progress(`simulate: ${Math.floor(share * 100)} %`);
  const steps = timeline({ spec, weddings, windows, from, to, onProgress });
  return { presenceCluster, spec, from, to, skipped, steps };
}

/** Refuses what would take minutes or fill a disk. */
function checkLength({ step }: SimulateOptions, ms: number): void {
  if (ms > MAX_YEARS * MS_A_YEAR) throw new WrongUse(`--from and --to: at most ${MAX_YEARS} years apart`);
  const rows = step === undefined ? 0 : Math.ceil(ms / stepLength(step));
  if (rows > MAX_ROWS)
    throw new WrongUse(`--step ${step}: gives ${rows} rows, at most ${MAX_ROWS}; choose a longer one`);
}

/** Checks the options that say what to print, before any work is done. */
function printer(
  context: CliContext,
  options: SimulateOptions,
): (simulation: Simulation) => Iterable<string> {
  const { step } = options;
  if (options.summary === true) {
    const format = outputFormat(options.output, ['text', 'json', 'yaml']);
    return (simulation) => {
      const summary = summarize({ ...simulation, timeZone: simulation.spec.timeZone });
      return [render(context, format, { data: summary, text: () => summaryText(summary) })];
    };
  }
  const format = outputFormat(options.output, ['text', 'json', 'yaml', 'csv']);
  const stepMs = step === undefined ? undefined : stepLength(step);
  return ({ steps, spec }) => {
    const rows = toRows(stepMs === undefined ? changes(steps) : resample(steps, stepMs));
    return LINES[format](rows, spec.timeZone);
  };
}

const LINES = { text: textLines, json: jsonLines, yaml: yamlLines, csv: csvLines };

function stepLength(text: string): number {
  const ms = durationArgument('--step', text);
  if (ms > 0) return ms;
  throw new WrongUse(`--step: "${text}" is not a length of time such as 5m or 1h30m`);
}

async function writeChart(context: CliContext, file: string, simulation: Simulation): Promise<void> {
  const { presenceCluster, spec, from, to, steps } = simulation;
  const title = `${nameOf(presenceCluster)}, ${from.toISOString().slice(0, 10)} to ${to.toISOString().slice(0, 10)}`;
  try {
    await context.writeFile(file, stepChart(changes(steps), title, spec.timeZone));
  } catch (error) {
    throw new CliFailure(`--chart ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
