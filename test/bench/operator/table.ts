/** Prints rows as one table a scenario, a column a value. */
export function printTable(rows: readonly Record<string, string | number>[]): void {
  for (const [scenario, ofScenario] of Map.groupBy(rows, (row) => String(row.scenario))) {
    const columns = [...new Set(ofScenario.flatMap((row) => Object.keys(row)))].filter(
      (name) => name !== 'scenario',
    );
    const lines = [columns, ...ofScenario.map((row) => columns.map((column) => cell(row[column])))];
    const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
    console.log(`\n${scenario}`);
    for (const line of lines)
      console.log(line.map((text, index) => text.padStart(widths[index] ?? 0)).join('  '));
  }
}

function cell(value: string | number | undefined): string {
  if (typeof value === 'string') return value;
  if (value === undefined || Number.isNaN(value)) return '-';
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}
