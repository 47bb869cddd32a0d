import type { Command } from 'commander';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { parseDuration } from '../../domain/calendar/duration.ts';
import { freezeWedding } from '../../domain/freeze/protected-weddings.ts';
import { type FreezePlan, freezeWindows } from '../../domain/freeze/windows.ts';
import type { CliContext } from '../context/context.ts';
import { CliFailure, WrongUse } from '../context/failure.ts';
import { nameOf, weddingsOf } from '../context/inventory.ts';
import { parseTimeArgument } from '../context/time-argument.ts';
import { decidingSpec, selectOne } from '../inventory/select.ts';
import { outputFormat, render } from '../output/render.ts';
import { rowsCsv, rowsText, summaryText, toRows } from '../simulation/rows.ts';
import { stepChart } from '../simulation/step-chart.ts';
import { summarize } from '../simulation/summary.ts';
import { changes, resample, type TimelineStep, timeline } from '../simulation/timeline.ts';
import { type GlobalOptions, readInventory } from './options.ts';

const MS_A_DAY = 86_400_000;

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
    .requiredOption('--from <date>', 'first instant: a date or a time, in the zone of the PresenceCluster')
    .requiredOption('--to <date>', 'first instant after the span: a date or a time')
    .option('--step <length>', 'print a row every so often instead of a row a change, for example 5m')
    .option('--summary', 'print pod-hours, freeze hours, clock changes and conflicts instead of rows')
    .option('--chart <file>', 'write a chart (SVG), too')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<SimulateOptions>();
      const print = printer(options);
      const simulation = await simulate(context, options, name);
      if (options.chart !== undefined) await writeChart(context, options.chart, simulation);
      context.print(print(simulation));
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
  const weddings = weddingsOf(inventory, presenceCluster);
  const { windows, skipped } = freezeWindows({
    spec,
    weddings: weddings.map((wedding) => freezeWedding(wedding, wedding.metadata.name)),
    from,
    days: (to.getTime() - from.getTime()) / MS_A_DAY,
  });
  const steps = timeline({ spec, weddings, windows, from, to });
  return { presenceCluster, spec, from, to, skipped, steps };
}

/** Checks the options that say what to print, before any work is done. */
function printer(options: SimulateOptions): (simulation: Simulation) => string {
  const { step } = options;
  if (options.summary === true) {
    const format = outputFormat(options.output, ['text', 'json', 'yaml']);
    return (simulation) => {
      const summary = summarize({ ...simulation, timeZone: simulation.spec.timeZone });
      return render(format, summary, () => summaryText(summary));
    };
  }
  const format = outputFormat(options.output, ['text', 'json', 'yaml', 'csv']);
  const stepMs = step === undefined ? undefined : stepLength(step);
  return ({ steps, spec }) => {
    const rows = toRows(stepMs === undefined ? changes(steps) : resample(steps, stepMs));
    return format === 'csv' ? rowsCsv(rows) : render(format, rows, () => rowsText(rows, spec.timeZone));
  };
}

function stepLength(text: string): number {
  try {
    const ms = parseDuration(text);
    if (ms > 0) return ms;
  } catch {
    // Told below, together with a length of nothing.
  }
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
