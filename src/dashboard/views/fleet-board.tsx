import { useState } from 'react';
import type { FleetRow } from '../../api/dashboard/fleet.ts';
import { FleetLine } from './fleet-line.tsx';
import { type FleetFilter, inOrder, isFrozen, matches } from './fleet-order.ts';

export interface FleetBoardProps {
  /** Undefined: not known yet. */
  rows: readonly FleetRow[] | undefined;
  nowMs: number;
  hrefOf: (row: FleetRow) => string;
}

const FILTERS: readonly FleetFilter[] = ['All', 'Trouble', 'Frozen', 'Waiting'];
/** Lines at once: more are further away than a search. */
const LINES = 100;

/** All PresenceClusters: what needs a look first. */
export function FleetBoard({ rows, nowMs, hrefOf }: FleetBoardProps) {
  const [filter, setFilter] = useState<FleetFilter>('All');
  const [text, setText] = useState('');
  const [most, setMost] = useState(LINES);
  if (rows === undefined) return <p className="quiet">Reading PresenceClusters …</p>;
  const count = (each: FleetFilter): number => rows.filter((row) => matches(row, each, '', nowMs)).length;
  const shown = inOrder(
    rows.filter((row) => matches(row, filter, text, nowMs)),
    nowMs,
  );
  return (
    <section aria-labelledby="fleet-title">
      <h1 id="fleet-title">PresenceClusters</h1>
      <Totals rows={rows} nowMs={nowMs} />
      <div className="tools">
        <fieldset className="choices">
          <legend className="hidden">Show</legend>
          {FILTERS.map((each) => (
            <button
              type="button"
              key={each}
              aria-pressed={each === filter}
              onClick={() => {
                setFilter(each);
                setMost(LINES);
              }}
            >
              {each} <span className="quiet">{count(each)}</span>
            </button>
          ))}
        </fieldset>
        <label className="search">
          <span className="hidden">Find a name or namespace</span>
          <input
            type="search"
            placeholder="Find a name or namespace"
            value={text}
            maxLength={253}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
      </div>
      {shown.length === 0 ? (
        <p className="quiet">{rows.length === 0 ? 'There is no PresenceCluster.' : 'None matches.'}</p>
      ) : (
        <ul className="board">
          {shown.slice(0, most).map((row) => (
            <FleetLine key={row.key} row={row} nowMs={nowMs} href={hrefOf(row)} />
          ))}
        </ul>
      )}
      {shown.length > most ? (
        <button type="button" onClick={() => setMost(most + LINES)}>
          {shown.length - most} more
        </button>
      ) : null}
    </section>
  );
}

function Totals({ rows, nowMs }: { rows: readonly FleetRow[]; nowMs: number }) {
  const sum = (of: (row: FleetRow) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const totals: readonly (readonly [number, string, string])[] = [
    [sum(({ weddingsOn }) => weddingsOn), 'weddings on', ''],
    [sum(({ people }) => people), 'people of their crews', ''],
    [sum(({ readyPods = 0 }) => readyPods), 'pods ready', ''],
    [rows.filter((row) => isFrozen(row, nowMs)).length, 'frozen', 'frozen'],
    [rows.filter((row) => row.state !== 'Ready').length, 'need a look', 'amber'],
  ];
  return (
    <dl className="totals">
      {totals.map(([value, label, tone]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd className={value > 0 ? tone : ''}>{value.toLocaleString('en-GB')}</dd>
        </div>
      ))}
    </dl>
  );
}
