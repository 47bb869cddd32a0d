/** Series by name and labels; values as promtool writes them, one per minute. */
type Series = Readonly<Record<string, string>>;

export interface AlertCase {
  /** With these the alert fires at `at`, with these labels. */
  readonly fires: Series;
  readonly at: string;
  readonly labels: Readonly<Record<string, string>>;
  /** With each of these instead of the series of the same name, it does not. */
  readonly quiet: readonly Series[];
  /** Just before it has held for long enough, it does not. Left out: it fires at once. */
  readonly notYetAt?: string;
}

const OPERATOR = 'namespace="presence-system"';
const OF_CLUSTER = { namespace: 'weddings', presencecluster: 'wedsync' } as const;

/** A series of PresenceCluster weddings/wedsync. */
function of(name: string, labels = ''): string {
  return `${name}{namespace="weddings",presencecluster="wedsync"${labels === '' ? '' : `,${labels}`}}`;
}
function condition(type: string, status: string): string {
  return of('presence_cluster_condition', `condition="${type}",status="${status}"`);
}
/** The same value for longer than any alert waits. */
const always = (value: number): string => `${value}x250`;
const MODE = of('presence_cluster_info', 'mode="Full",engine="Valkey"');
const SWITCHED_OFF = { [of('presence_cluster_info', 'mode="Off",engine="Valkey"')]: always(1) };

/** A condition that must have lasted. */
function conditionCase(type: string, status: 'true' | 'false', at: string, notYetAt?: string): AlertCase {
  const found: AlertCase = {
    fires: { [condition(type, status)]: always(1) },
    at,
    labels: OF_CLUSTER,
    quiet: [{ [condition(type, status)]: always(0) }],
  };
  return notYetAt === undefined ? found : { ...found, notYetAt };
}

/** Burn rates of joins, by window. */
export function burns(rates: Readonly<Record<string, number>>): Series {
  return Object.fromEntries(
    Object.entries(rates).map(([window, rate]) => [
      of('presence_slo_burn_rate', `objective="joins",window="${window}"`),
      always(rate),
    ]),
  );
}
const QUIET_BURNS = burns({ '5m': 0, '30m': 0, '1h': 0, '6h': 0, '3d': 0 });
const LIMITS = Object.fromEntries(
  Object.entries({ '1h': 13, '6h': 5.6, '3d': 0.9 }).map(([window, limit]) => [
    of('presence_slo_burn_rate_limit', `window="${window}"`),
    always(limit),
  ]),
);
const NOT_MET = condition('SLOMet', 'false');

const LEADER = `leader_election_master_status{${OPERATOR},name="presence-operator"}`;
const ERRORS = `controller_runtime_reconcile_errors_total{${OPERATOR},controller="scaling"}`;
const SYNCED = `reflector_synced{${OPERATOR},kind="pods"}`;
const POLICIES = `presence_admission_policies_missing{${OPERATOR}}`;
const WARNINGS = `rest_client_api_warnings_total{${OPERATOR}}`;
const ZONES = `presence_zone_data_outdated{${OPERATOR}}`;
const HEARTBEAT = of('presence_cluster_freeze_heartbeat_timestamp_seconds');
const READY = of('presence_cluster_ready_replicas');
const WANTED = of('presence_cluster_wanted_replicas');
const FLOOR = of('presence_cluster_floor_replicas');
const MAXIMUM = of('presence_cluster_max_replicas');
const SLOTS = of('presence_redis_slots_covered');
const REPLICAS_OF_0 = of('presence_redis_shard_replicas', 'shard="0"');
const WANTED_REPLICAS = of('presence_redis_wanted_shard_replicas');
const POD = 'pod="wedsync-redis-0-1",shard="0"';
const ANSWERS = of('presence_redis_answers', POD);
const LAG = of('presence_redis_replication_lag_bytes', POD);
const LINK = of('presence_redis_replica_link_up', POD);
const USED = of('presence_redis_memory_used_bytes', POD);
const LIMIT = of('presence_redis_memory_limit_bytes', POD);
const HELD = `presence_operator_redis_failovers_held_total{${OPERATOR}}`;
const RECOMMENDED = of('presence_redis_recommended_shards');
const EXPIRY = of('presence_redis_certificate_expiry_timestamp_seconds');
const NOT_CURRENT = condition('CertificatesCurrent', 'false');
const SINGING_A = of('presence_canary_singing', 'pod="a",primary="10.0.0.1:6379"');
const SINGING_B = of('presence_canary_singing', 'pod="b",primary="10.0.0.1:6379"');
const WITHIN_2 = of('presence_canary_seconds_bucket', 'pod="a",le="2"');
const WITHIN_5 = of('presence_canary_seconds_bucket', 'pod="a",le="5"');
const ALL = of('presence_canary_seconds_bucket', 'pod="a",le="+Inf"');
const CONNECTIONS = of('presence_connections', 'pod="a"');
const CONNECTION_LIMIT = of('presence_connection_limit', 'pod="a"');
const BREAKGLASS = of('presence_breakglass_active');
const PAUSED = of('presence_paused', 'scope="All"');
const HELD_SINCE = of('presence_cluster_held_since_timestamp_seconds');
const FROM_THE_POD = { ...OF_CLUSTER, pod: 'wedsync-redis-0-1' };
const COUNTS_UP = '0+1x250';

/** For each alert: what makes it fire, and what must not. The clock of promtool starts at 0. */
export const ALERT_CASES: Readonly<Record<string, AlertCase>> = {
  PresenceOperatorHasNoLeader: {
    fires: { [LEADER]: always(0) },
    at: '3m',
    notYetAt: '1m',
    labels: {},
    quiet: [{ [LEADER]: always(1) }],
  },
  PresenceFreezeHeartbeatOld: {
    fires: { [HEARTBEAT]: always(0) },
    at: '17m',
    notYetAt: '15m',
    labels: OF_CLUSTER,
    quiet: [{ [HEARTBEAT]: '0+60x250' }],
  },
  PresenceReconcilesFail: {
    fires: { [ERRORS]: COUNTS_UP },
    at: '30m',
    notYetAt: '15m',
    labels: { controller: 'scaling' },
    quiet: [{ [ERRORS]: always(7) }],
  },
  PresenceKindNotWatched: {
    fires: { [SYNCED]: always(0) },
    at: '11m',
    notYetAt: '9m',
    labels: { kind: 'pods' },
    quiet: [{ [SYNCED]: always(1) }],
  },
  PresenceAdmissionPoliciesMissing: {
    fires: { [POLICIES]: always(2) },
    at: '6m',
    notYetAt: '4m',
    labels: {},
    quiet: [{ [POLICIES]: always(0) }],
  },
  PresenceApiWarnings: {
    fires: { [WARNINGS]: COUNTS_UP },
    at: '10m',
    labels: {},
    quiet: [{ [WARNINGS]: always(4) }],
  },
  PresenceZoneDataOutdated: {
    fires: { [ZONES]: always(1) },
    at: '61m',
    notYetAt: '59m',
    labels: {},
    quiet: [{ [ZONES]: always(0) }],
  },
  PresenceClusterNotReady: conditionCase('Ready', 'false', '6m', '4m'),
  PresencePodsBelowFloor: {
    fires: { [READY]: always(2), [FLOOR]: always(3), [MODE]: always(1) },
    at: '6m',
    notYetAt: '4m',
    labels: OF_CLUSTER,
    quiet: [{ [READY]: always(3) }, SWITCHED_OFF],
  },
  PresencePodsMissing: {
    fires: { [READY]: always(4), [WANTED]: always(5), [MODE]: always(1) },
    at: '16m',
    notYetAt: '14m',
    labels: OF_CLUSTER,
    quiet: [{ [READY]: always(5) }, SWITCHED_OFF],
  },
  PresenceAutoscalerAtMaximum: {
    fires: { [WANTED]: always(60), [MAXIMUM]: always(60), [MODE]: always(1) },
    at: '16m',
    notYetAt: '14m',
    labels: OF_CLUSTER,
    quiet: [{ [WANTED]: always(59) }, SWITCHED_OFF],
  },
  PresenceSpecNotAccepted: conditionCase('Accepted', 'false', '11m', '9m'),
  PresenceRolloutReverted: conditionCase('RolloutReverted', 'true', '1m'),
  PresenceErrorBudgetBurnsFast: {
    fires: { ...LIMITS, ...QUIET_BURNS, ...burns({ '1h': 13, '5m': 14 }), [NOT_MET]: always(1) },
    at: '1m',
    labels: { ...OF_CLUSTER, objective: 'joins' },
    quiet: [burns({ '5m': 12 }), burns({ '1h': 12 }), { [NOT_MET]: always(0) }],
  },
  PresenceErrorBudgetBurnsSlowly: {
    fires: { ...LIMITS, ...QUIET_BURNS, ...burns({ '6h': 0.9, '3d': 1 }), [NOT_MET]: always(1) },
    at: '1m',
    labels: { ...OF_CLUSTER, objective: 'joins' },
    quiet: [burns({ '3d': 0.8 }), burns({ '6h': 0.8 }), { [NOT_MET]: always(0) }],
  },
  PresenceRedisSlotsNotCovered: {
    fires: { [SLOTS]: always(10_923) },
    at: '3m',
    notYetAt: '1m',
    labels: OF_CLUSTER,
    quiet: [{ [SLOTS]: always(16_384) }],
  },
  PresenceRedisDataLost: conditionCase('RedisDataIntact', 'false', '1m'),
  PresenceRedisShardWithoutReplica: {
    fires: { [REPLICAS_OF_0]: always(0), [WANTED_REPLICAS]: always(1) },
    at: '6m',
    notYetAt: '4m',
    labels: { ...OF_CLUSTER, shard: '0' },
    quiet: [{ [REPLICAS_OF_0]: always(1) }, { [WANTED_REPLICAS]: always(0) }],
  },
  PresenceRedisPodSilent: {
    fires: { [ANSWERS]: always(0) },
    at: '6m',
    notYetAt: '4m',
    labels: FROM_THE_POD,
    quiet: [{ [ANSWERS]: always(1) }],
  },
  PresenceRedisReplicaLags: {
    fires: { [LAG]: always(10_000_001), [LINK]: always(1) },
    at: '6m',
    notYetAt: '4m',
    labels: FROM_THE_POD,
    quiet: [{ [LAG]: always(9_999_999) }],
  },
  PresenceRedisMemoryHigh: {
    fires: { [USED]: always(91), [LIMIT]: always(100) },
    at: '6m',
    notYetAt: '4m',
    labels: FROM_THE_POD,
    quiet: [{ [USED]: always(90) }],
  },
  PresenceRedisOneNodeHoldsMajority: conditionCase('RedisSpread', 'false', '16m', '14m'),
  PresenceRedisFailoverHeld: {
    fires: { [HELD]: COUNTS_UP },
    at: '10m',
    labels: {},
    quiet: [{ [HELD]: always(3) }],
  },
  PresenceRedisShardsShort: {
    fires: { [RECOMMENDED]: always(2), [REPLICAS_OF_0]: always(1) },
    at: '61m',
    notYetAt: '59m',
    labels: OF_CLUSTER,
    quiet: [{ [RECOMMENDED]: always(1) }],
  },
  PresenceRedisCertificateNotCurrent: conditionCase('CertificatesCurrent', 'false', '61m', '59m'),
  PresenceRedisCertificateExpires: {
    fires: { [EXPIRY]: always(80_000), [NOT_CURRENT]: always(1) },
    at: '6m',
    notYetAt: '4m',
    labels: OF_CLUSTER,
    // A short life that is renewed in time is no trouble.
    quiet: [{ [EXPIRY]: always(100_000) }, { [NOT_CURRENT]: always(0) }],
  },
  PresenceCanaryFails: {
    fires: { [SINGING_A]: always(0), [SINGING_B]: always(0) },
    at: '2m',
    notYetAt: '0m',
    labels: { ...OF_CLUSTER, primary: '10.0.0.1:6379' },
    quiet: [{ [SINGING_B]: always(1) }],
  },
  PresencePodDeaf: {
    fires: { [SINGING_A]: always(0), [SINGING_B]: always(1) },
    at: '3m',
    notYetAt: '1m',
    labels: { ...OF_CLUSTER, pod: 'a' },
    quiet: [{ [SINGING_A]: always(1) }, { [SINGING_B]: always(0) }],
  },
  PresenceUpdatesSlow: {
    fires: { [WITHIN_2]: '0+97x250', [WITHIN_5]: '0+100x250', [ALL]: '0+100x250' },
    at: '12m',
    notYetAt: '4m',
    labels: OF_CLUSTER,
    quiet: [{ [WITHIN_2]: '0+99x250' }],
  },
  PresenceServersFull: {
    fires: { [CONNECTIONS]: always(1801), [CONNECTION_LIMIT]: always(2000) },
    at: '6m',
    notYetAt: '4m',
    labels: OF_CLUSTER,
    quiet: [{ [CONNECTIONS]: always(1800) }],
  },
  PresencePodsNotScraped: {
    fires: { [READY]: always(2) },
    at: '16m',
    notYetAt: '14m',
    labels: OF_CLUSTER,
    quiet: [{ [READY]: always(0) }, { [CONNECTIONS]: always(0) }],
  },
  PresenceCalendarIsOld: conditionCase('BookingsFresh', 'false', '16m', '14m'),
  PresenceFreezeClockFails: conditionCase('FreezeClock', 'false', '16m', '14m'),
  PresenceFreezeIsOverridden: {
    fires: { [BREAKGLASS]: always(1) },
    at: '1m',
    labels: OF_CLUSTER,
    quiet: [{ [BREAKGLASS]: always(0) }],
  },
  PresenceOverrideOpenTooLong: {
    fires: { [BREAKGLASS]: always(1) },
    at: '61m',
    notYetAt: '59m',
    labels: OF_CLUSTER,
    quiet: [{ [BREAKGLASS]: always(0) }],
  },
  PresencePausedTooLong: {
    fires: { [PAUSED]: always(1) },
    at: '241m',
    notYetAt: '239m',
    labels: { ...OF_CLUSTER, scope: 'All' },
    quiet: [{ [PAUSED]: '_x250' }],
  },
  PresenceChangeHeldLong: {
    fires: { [HELD_SINCE]: always(-604_790) },
    at: '1m',
    labels: OF_CLUSTER,
    quiet: [{ [HELD_SINCE]: always(-600_000) }],
  },
  PresenceFreezesLeaveTooLittleTime: conditionCase('FreezeWithinBudget', 'false', '61m', '59m'),
};
