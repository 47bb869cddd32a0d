import type { RedisPicture, ShardMember } from '../../api/dashboard/cluster-page.ts';
import { ScrollBox } from '../chart/scroll-box.tsx';
import { Moment } from './moment.tsx';

export interface ShardTableProps {
  redis: RedisPicture;
  timeZone: string;
  nowMs: number;
}

const ALL_SLOTS = 16_384;
/** Beyond so many columns a shard lists its pods instead. */
const MAX_NODES = 12;
const NOT_PLACED = 'node unknown';

/** The shards of Redis by node: who is primary where. */
export function ShardTable({ redis, timeZone, nowMs }: ShardTableProps) {
  const { lastFailover } = redis;
  const isWhole = redis.slotsCovered === ALL_SLOTS;
  return (
    <>
      <p>
        <strong>{redis.state}</strong>: {redis.message}{' '}
        <span className={isWhole ? 'quiet' : 'amber'}>
          {redis.slotsCovered.toLocaleString('en-GB')} of {ALL_SLOTS.toLocaleString('en-GB')} slots served.
        </span>
      </p>
      <Shards redis={redis} />
      {lastFailover === undefined ? null : (
        <p className="quiet">
          Last failover: shard {lastFailover.shard}, {lastFailover.from} → {lastFailover.to},{' '}
          <Moment at={lastFailover.at} timeZone={timeZone} nowMs={nowMs} />
          {lastFailover.milliseconds === undefined ? '' : `, in ${lastFailover.milliseconds} ms`}.{' '}
          {lastFailover.because}
        </p>
      )}
    </>
  );
}

function Shards({ redis: { shards } }: { redis: RedisPicture }) {
  const nodes = [
    ...new Set(shards.flatMap(({ members }) => members.map(({ node }) => node ?? NOT_PLACED))),
  ].sort();
  const isWide = nodes.length > MAX_NODES;
  const columns = isWide ? ['pods'] : nodes;
  return (
    <ScrollBox label="Redis shards by node">
      <table className="shards">
        <thead>
          <tr>
            <th scope="col">shard</th>
            {columns.map((node) => (
              <th scope="col" key={node}>
                {node}
              </th>
            ))}
            <th scope="col">slots</th>
          </tr>
        </thead>
        <tbody>
          {shards.map(({ index, slots, members }) => (
            <tr key={index}>
              <th scope="row">{index}</th>
              {columns.map((node) => (
                <td key={node}>
                  {members
                    .filter((member) => isWide || (member.node ?? NOT_PLACED) === node)
                    .map((member) => (
                      <Member key={member.pod} member={member} />
                    ))}
                </td>
              ))}
              <td className="number">{slots.toLocaleString('en-GB')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}

function Member({ member: { pod, role, ready } }: { member: ShardMember }) {
  const isDown = ready === false;
  return (
    <span className={`member member-${role}${isDown ? ' down' : ''}`} title={pod}>
      {role === 'Primary' ? 'primary' : 'replica'}
      {isDown ? ', not ready' : ''}
      <span className="hidden"> {pod}</span>
    </span>
  );
}
