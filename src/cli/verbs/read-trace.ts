import { CsvError, parse } from 'csv-parse/sync';
import {
  type GapRule,
  type LoadSample,
  type LoadTrace,
  TraceError,
  toLoadTrace,
} from '../../domain/autoscaling/backtest/load-trace.ts';
import { parseLocalDate } from '../../domain/calendar/local-time.ts';
import type { CliContext } from '../context/context.ts';
import { CliFailure, fileProblem } from '../context/failure.ts';

export interface TraceOptions {
  /** A file; `-` is stdin. */
  trace: string;
  /** Names of the columns; left out: the first one, and the only other one. */
  timeColumn?: string | undefined;
  valueColumn?: string | undefined;
  gaps: GapRule;
}

const STDIN = '-';

/** What a trace is called in messages. */
export function labelOf(trace: string): string {
  return trace === STDIN ? 'stdin' : trace;
}

interface Line {
  record: string[];
  info: { lines: number };
}

/** `2027-06-05T18:00:00Z`, with a space, with an offset, or without either: the clock of the trace. */
const TIME = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:\d{2})?$/i;
const EPOCH = /^\d+(\.\d+)?$/;
/** An epoch above this is in milliseconds: as seconds it would be after the year 5000. */
const LAST_EPOCH_SECONDS = 1e11;

/**
 * Reads a load trace from a CSV file with a line of names first, or of two columns without one.
 *
 * @throws {CliFailure} when the file cannot be read or is no such trace; the message names file and line
 */
export async function readTrace(
  context: Pick<CliContext, 'readFile' | 'readStdin'>,
  options: TraceOptions,
): Promise<LoadTrace> {
  const label = labelOf(options.trace);
  try {
    const text = await (options.trace === STDIN ? context.readStdin() : context.readFile(options.trace));
    return toLoadTrace(readSamples(text, options), options.gaps);
  } catch (error) {
    if (error instanceof TraceError)
      throw new CliFailure(`${label}: ${error.message}${gapHint(error, options)}`);
    throw new CliFailure(`${label}: ${fileProblem(error)}`);
  }
}

function gapHint(error: TraceError, { gaps }: TraceOptions): string {
  const isGap = gaps === 'refuse' && error.message.includes('are missing');
  return isGap ? ' (--skip-gaps leaves such times out of the score)' : '';
}

function readSamples(text: string, options: TraceOptions): LoadSample[] {
  const all = parseCsv(text);
  const [first] = all;
  if (first === undefined) throw new TraceError('the file is empty');
  const headless = isData(first.record);
  const names = headless ? namesWithout(first.record, options) : first.record.map((name) => name.trim());
  const lines = headless ? all : all.slice(1);
  const time = columnIndex(names, '--time-column', options.timeColumn ?? names[0] ?? '');
  const value = columnIndex(names, '--value-column', options.valueColumn ?? onlyOther(names, time));
  return lines.map(({ record, info }) => {
    const where = `line ${info.lines}`;
    return {
      where,
      atSeconds: parseTime(where, record[time] ?? ''),
      value: parseValue(where, record[value] ?? ''),
    };
  });
}

/** Whether a line holds a time, or numbers alone, and so no names. */
function isData(record: readonly string[]): boolean {
  const isNumber = (cell: string): boolean => cell.trim() !== '' && Number.isFinite(Number(cell));
  return record.some((cell) => TIME.test(cell.trim())) || record.every(isNumber);
}

/** Names for the columns of a file whose first line is data already. */
function namesWithout(record: readonly string[], { timeColumn, valueColumn }: TraceOptions): string[] {
  const named = timeColumn !== undefined || valueColumn !== undefined;
  if (!named && record.length === 2) return ['time', 'value'];
  throw new TraceError(
    'line 1 is data: put a line of names such as time,connections before it (only a file of two columns, time and value, may go without)',
  );
}

function parseCsv(text: string): Line[] {
  try {
    return parse(text, { bom: true, info: true, skip_empty_lines: true }) as unknown as Line[];
  } catch (error) {
    if (error instanceof CsvError) throw new TraceError(error.message);
    throw error;
  }
}

function columnIndex(names: readonly string[], option: string, name: string): number {
  const index = names.indexOf(name);
  if (index >= 0) return index;
  throw new TraceError(`${option}: there is no column "${name}"; the columns are ${names.join(', ')}`);
}

function onlyOther(names: readonly string[], time: number): string {
  const others = names.filter((_, index) => index !== time);
  if (others.length === 1) return others[0] as string;
  throw new TraceError(
    others.length === 0
      ? `there is only one column, ${names[time]}; a trace has a time and a value`
      : `--value-column: choose one of ${others.join(', ')}`,
  );
}

function parseTime(where: string, text: string): number {
  const seconds = timeOf(text);
  if (seconds !== undefined) return seconds;
  throw new TraceError(
    `${where}: "${text}" is not a time such as 2027-06-05T18:00:00Z, 2027-06-05 18:00:00 or seconds since 1970`,
  );
}

/** Seconds since the epoch; undefined for text that is no time, and for days that the calendar does not have. */
function timeOf(text: string): number | undefined {
  const trimmed = text.trim();
  if (EPOCH.test(trimmed)) {
    const epoch = Number(trimmed);
    return epoch < LAST_EPOCH_SECONDS ? epoch : epoch / 1000;
  }
  const [, date = '', time = '', offset = 'Z'] = TIME.exec(trimmed) ?? [];
  // Date.parse takes 30 February for 2 March.
  if (parseLocalDate(date) === undefined) return undefined;
  const ms = Date.parse(`${date}T${time}${offset.toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : ms / 1000;
}

function parseValue(where: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new TraceError(`${where}: the value "${text}" is not a number of connections`);
}
