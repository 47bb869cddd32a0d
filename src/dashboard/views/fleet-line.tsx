import type { FleetRow } from '../../api/dashboard/fleet.ts';
import { lengthOf } from '../time/format.ts';
import { isFrozen } from './fleet-order.ts';
import { Moment } from './moment.tsx';
import { StateMark } from './state-mark.tsx';

export interface FleetLineProps {
  row: FleetRow;
  nowMs: number;
  href: string;
}

/** One PresenceCluster on the board. */
export function FleetLine({ row, nowMs, href }: FleetLineProps) {
  const sentences = [...row.troubles, ...row.waits];
  return (
    <li className="line">
      <span className="cell-state">
        <StateMark state={row.state} />
        {row.paused ? <span className="tag">paused</span> : null}
        {row.isStale ? <span className="tag bad">old</span> : null}
      </span>
      <a className="cell-name" href={href}>
        <strong>{row.name}</strong> <span className="second">{row.namespace}</span>
      </a>
      <Pods row={row} />
      <span className="cell-weddings">
        {row.weddingsOn === 0 ? (
          <span className="quiet empty">no wedding on</span>
        ) : (
          <>
            <strong>{row.weddingsOn}</strong> {row.weddingsOn === 1 ? 'wedding' : 'weddings'} on
            <span className="second">{row.people} people</span>
          </>
        )}
      </span>
      <Next row={row} nowMs={nowMs} />
      <FreezeCell row={row} nowMs={nowMs} />
      <span className="cell-waits">
        {sentences.length === 0 ? (
          <span className="quiet empty">nothing waits</span>
        ) : (
          <>
            {sentences[0]}
            {sentences.length > 1 ? <span className="tag">+{sentences.length - 1}</span> : null}
          </>
        )}
      </span>
    </li>
  );
}

function Pods({ row }: { row: FleetRow }) {
  const isShort = (row.readyPods ?? 0) < (row.wantedPods ?? 0);
  return (
    <span className="cell-pods" title={row.because}>
      <strong className={isShort ? 'amber' : ''}>{row.readyPods ?? '?'}</strong>
      <span className="quiet"> of {row.wantedPods ?? '?'} pods</span>
      {row.floor === undefined ? null : <span className="second">floor {row.floor}</span>}
    </span>
  );
}

function Next({ row, nowMs }: { row: FleetRow; nowMs: number }) {
  const { nextChange, timeZone } = row;
  if (nextChange === undefined) return <span className="cell-next quiet empty">no change ahead</span>;
  return (
    <span className="cell-next" title={nextChange.because}>
      <strong>{nextChange.expect}</strong> pods at{' '}
      <Moment at={nextChange.at} timeZone={timeZone} nowMs={nowMs} short={true} />
    </span>
  );
}

function FreezeCell({ row, nowMs }: { row: FleetRow; nowMs: number }) {
  const { freeze, timeZone } = row;
  if (freeze === undefined) return <span className="cell-freeze quiet empty">no freeze ahead</span>;
  if (isFrozen(row, nowMs))
    return (
      <span className="cell-freeze frozen" title={freeze.reason}>
        <strong>Frozen</strong> until{' '}
        <Moment at={freeze.until} timeZone={timeZone} nowMs={nowMs} short={true} />
      </span>
    );
  return (
    <span className="cell-freeze" title={freeze.reason}>
      Freeze in {lengthOf(Date.parse(freeze.from) - nowMs)},{' '}
      <Moment at={freeze.from} timeZone={timeZone} nowMs={nowMs} short={true} />
    </span>
  );
}
