import type { ProbeAnswer } from '../../domain/topology/probe-history.ts';
import { parseInfo, type RedisAdmin, type RedisEndpoint } from '../../platform/redis/admin.ts';
import { RedisAdminError } from '../../platform/redis/admin-error.ts';

/** One command a probe: role, replication and the process' own name in a kilobyte; answered while loading as well. */
const PROBE_COMMAND = ['INFO', 'server', 'replication'];

/** Asks one server what it is. Never rejects. */
export async function probe(admin: RedisAdmin, endpoint: RedisEndpoint): Promise<ProbeAnswer> {
  try {
    return answerOf(parseInfo(String(await admin.execute(endpoint, PROBE_COMMAND))));
  } catch (error) {
    // An error reply (BUSY, a password that is being rotated) is a sign of life, too.
    const answered = error instanceof RedisAdminError && error.kind === 'Refused';
    return { kind: answered ? 'Alive' : 'Miss' };
  }
}

/** INFO (https://valkey.io/commands/info/), section replication. */
function answerOf(info: Readonly<Record<string, string>>): ProbeAnswer {
  const runId = info.run_id ?? '';
  if (info.role === 'master') {
    return { kind: 'Primary', runId, offset: Number(info.master_repl_offset ?? 0) };
  }
  if (info.role !== 'slave') return { kind: 'Alive' };
  return {
    kind: 'Replica',
    runId,
    primary: `${info.master_host}:${info.master_port}`,
    linkUp: info.master_link_status === 'up',
    offset: Number(info.slave_repl_offset ?? 0),
  };
}
