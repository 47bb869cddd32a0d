import { CliFailure } from '../../../src/cli/context/failure.ts';
import { readTrace } from '../../../src/cli/verbs/read-trace.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';

/** Values that a trace may hold for each byte of its file: gaps that are skipped have one as well. */
const MAX_VALUES_PER_BYTE = 4;

/** Recorded loads, which people hand to `kubectl presence backtest` and `simulate`. */
export function openCsv(): FuzzTarget {
  return {
    seeds: [
      'time,connections\n2027-06-05T00:00:00Z,1\n2027-06-05T00:30:00Z,2\n2027-06-05T01:00:00Z,3\n',
      '1780000000,5\n1780000300,6\n1780000600,7\n',
      'day;value\n"2027-06-05 00:00:00";"1,5"\n',
    ],
    words: [
      'time',
      'value',
      ',',
      ';',
      '"',
      '""',
      '\r\n',
      '\uFEFF',
      'NaN',
      'Infinity',
      '1e308',
      '-1',
      '1780000000000',
      '2027-06-05T00:00:00+14:00',
      '0x10',
    ],
    async run(input) {
      const text = Buffer.from(input).toString();
      const context = { readFile: async () => text, readStdin: async () => text };
      for (const gaps of ['refuse', 'skip'] as const) {
        try {
          const trace = await readTrace(context, { trace: 'load.csv', gaps });
          promise(trace.stepSeconds > 0, `a step of ${trace.stepSeconds} s`);
          promise(
            trace.values.length <= text.length * MAX_VALUES_PER_BYTE,
            `${trace.values.length} values of ${text.length} bytes`,
          );
          for (const value of trace.values)
            promise(Number.isNaN(value) || (Number.isFinite(value) && value >= 0), `a load of ${value}`);
        } catch (error) {
          if (!(error instanceof CliFailure)) throw error;
          promise(error.message.startsWith('load.csv: '), `the file is not named in "${error.message}"`);
        }
      }
    },
  };
}
