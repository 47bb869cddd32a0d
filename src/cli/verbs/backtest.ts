import type { Command } from 'commander';
import {
  type BacktestInput,
  backtest,
  defaultTrainDays,
} from '../../domain/autoscaling/backtest/backtest.ts';
import { daysOf, scaleToPeak, TraceError } from '../../domain/autoscaling/backtest/load-trace.ts';
import type { FleetConditions } from '../../domain/autoscaling/backtest/simulate-policy.ts';
import type { CliContext } from '../context/context.ts';
import { CliFailure, WrongUse } from '../context/failure.ts';
import { durationArgument } from '../context/time-argument.ts';
import { outputFormat, render } from '../output/render.ts';
import {
  ABOUT_POLICIES,
  type BacktestReport,
  backtestCsv,
  backtestText,
  roundResult,
} from './backtest-report.ts';
import type { GlobalOptions } from './options.ts';
import { labelOf, readTrace } from './read-trace.ts';

const HELP = `
The trace is a CSV file: times at regular steps and the connections there were. A line of names comes first; a
file of two columns, time and value, may go without.
Times without an offset are taken as they are. Rows must be in order; a missing row is an error, or with
--skip-gaps a time that is not scored. Between two rows the load is a straight line.

Policies:
${Object.entries(ABOUT_POLICIES)
  .map(([name, about]) => `  ${name.padEnd(12)} ${about}`)
  .join('\n')}

  tauU       percent of the time with too few ready pods
  thetaU     missing pods as percent of the needed ones;  thetaO: idle ones
  unserved   percent of connection-time above the capacity of the ready pods

Examples:
  kubectl presence backtest --trace connections.csv --capacity 2000
  kubectl presence backtest --trace taxi.csv --capacity 100 --scale-peak 2000 --startup 600s --train-days 60 -o json`;

interface BacktestOptions extends GlobalOptions {
  trace: string;
  capacity: string;
  startup: string;
  lag: string;
  tick: string;
  scalePeak?: string;
  min: string;
  trainDays?: string;
  timeColumn?: string;
  valueColumn?: string;
  skipGaps?: boolean;
}

/** `backtest`: how the policies would have done on a recorded load. Asks no cluster. */
export function addBacktest(program: Command, context: CliContext): void {
  program
    .command('backtest')
    .description('run autoscaling policies against a recorded load')
    .requiredOption('--trace <file>', 'required: CSV file with the load; - is stdin')
    .requiredOption('--capacity <n>', 'required: connections that a pod can serve')
    .option('--startup <length>', 'from asking for a pod until it is ready', '120s')
    .option('--lag <length>', 'age of the metric that policies see', '30s')
    .option('--tick <length>', 'time between two decisions', '15s')
    .option('--scale-peak <n>', 'scale the load so that its 99.5th percentile is n connections')
    .option('--min <n>', 'fewest pods', '2')
    .option('--train-days <n>', 'days at the start to learn from, not scored (default: half, at most 14)')
    .option('--time-column <name>', 'column with the times (default: the first)')
    .option('--value-column <name>', 'column with the load (default: the only other one)')
    .option('--skip-gaps', 'do not score times without rows, instead of refusing the trace')
    .addHelpText('after', HELP)
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<BacktestOptions>();
      const format = outputFormat(options.output, ['text', 'json', 'yaml', 'csv']);
      const report = await runBacktest(context, options);
      context.print(
        format === 'csv'
          ? backtestCsv(report)
          : render(context, format, { data: report, text: () => backtestText(report) }),
      );
    });
}

async function runBacktest(context: CliContext, options: BacktestOptions): Promise<BacktestReport> {
  const conditions = readConditions(options);
  const peak = options.scalePeak === undefined ? undefined : positive('--scale-peak', options.scalePeak);
  const days = options.trainDays === undefined ? undefined : wholeNumber('--train-days', options.trainDays);
  const { trace: file, timeColumn, valueColumn } = options;
  const gaps = options.skipGaps === true ? 'skip' : 'refuse';
  const recorded = await readTrace(context, { trace: file, timeColumn, valueColumn, gaps });
  try {
    const trace = peak === undefined ? recorded : scaleToPeak(recorded, peak);
    const onPolicy = (name: string, done: number, all: number): void =>
      context.progress(`policy ${done + 1} of ${all}: ${name}`);
    return score(file, { trace, conditions, trainDays: days ?? defaultTrainDays(trace), onPolicy }, peak);
  } catch (error) {
    if (error instanceof TraceError) throw new CliFailure(`${labelOf(file)}: ${error.message}`);
    throw error;
  }
}

function score(file: string, input: BacktestInput, peak: number | undefined): BacktestReport {
  const { trace, conditions, trainDays } = input;
  const policies = backtest(input).map(roundResult);
  const { stepSeconds } = trace;
  return {
    trace: file,
    setting: {
      ...conditions,
      stepSeconds,
      days: daysOf(trace),
      trainDays,
      ...(peak === undefined ? {} : { scalePeak: peak }),
      about: { ...ABOUT_POLICIES },
    },
    policies,
  };
}

function readConditions(options: BacktestOptions): FleetConditions {
  const tickSeconds = seconds('--tick', options.tick);
  if (tickSeconds === 0) throw new WrongUse('--tick: must be longer than nothing');
  return {
    capacity: atLeastOne('--capacity', options.capacity),
    startupSeconds: seconds('--startup', options.startup),
    lagSeconds: seconds('--lag', options.lag),
    tickSeconds,
    min: wholeNumber('--min', options.min),
  };
}

/** A pod that needs longer, or a metric that is older, is a typing error. */
const MAX_LENGTH_MS = 24 * 3_600_000;

function seconds(option: string, text: string): number {
  return durationArgument(option, text, MAX_LENGTH_MS) / 1000;
}

/** A pod that serves less than one connection would make fleets of millions. */
function atLeastOne(option: string, text: string): number {
  const value = positive(option, text);
  if (value >= 1) return value;
  throw new WrongUse(`${option}: a pod serves at least 1 connection, not ${text}`);
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new WrongUse(`${option}: "${text}" is not a number above 0`);
}

/** Pods of the largest fleet, and days of 27 years. */
const MOST_WHOLE = 10_000;

function wholeNumber(option: string, text: string): number {
  const value = positive(option, text);
  if (!Number.isSafeInteger(value)) throw new WrongUse(`${option}: "${text}" is not a whole number`);
  if (value > MOST_WHOLE)
    throw new WrongUse(`${option}: ${text} is more than the ${MOST_WHOLE} that are possible`);
  return value;
}
