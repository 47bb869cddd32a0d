import type { Explanation } from '../../api/dashboard/explanation.ts';
import { Moment } from './moment.tsx';

/** Why there should be so many pods: every candidate with its arithmetic. */
export function ExplanationText({ explanation, nowMs }: { explanation: Explanation; nowMs: number }) {
  const { timeZone, desired, floor, winner, because, candidates, freeze, nextChange } = explanation;
  return (
    <div className="explanation">
      <p className="answer">
        <strong className="big">{desired}</strong> pods <span className="quiet">(floor {floor})</span>
      </p>
      <p>{because}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">from</th>
            <th scope="col">pods</th>
            <th scope="col">because</th>
          </tr>
        </thead>
        <tbody>
          {candidates.map(({ source, replicas, because: why }) => (
            <tr key={source} className={source === winner ? 'winner' : ''}>
              <th scope="row">
                {source}
                {source === winner ? <span className="tag good">decides</span> : null}
              </th>
              <td className="number">{replicas}</td>
              <td>{why}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <ul className="entries">
        <li>
          {explanation.activeWeddings} weddings on, {explanation.people} people
        </li>
        <li className={freeze === undefined ? '' : 'frozen'}>
          {freeze === undefined ? (
            'No freeze is on.'
          ) : (
            <>
              Frozen until <Moment at={freeze.until} timeZone={timeZone} nowMs={nowMs} />: {freeze.reason}
            </>
          )}
        </li>
        <li>
          {nextChange === undefined ? (
            'No change follows.'
          ) : (
            <>
              Then {nextChange.expect} pods at <Moment at={nextChange.at} timeZone={timeZone} nowMs={nowMs} />
              : {nextChange.because}
            </>
          )}
        </li>
      </ul>
    </div>
  );
}
