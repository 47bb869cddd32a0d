import { type AlertGroup, CLUSTER, OPERATOR_NAMESPACE, ofCluster } from './alert.ts';

const OPERATOR = `namespace="${OPERATOR_NAMESPACE}"`;
const HEARTBEAT = ofCluster('presence_cluster_freeze_heartbeat_timestamp_seconds');
/** It is written every 5 minutes; the third that is missing is no coincidence. */
const HEARTBEAT_OLD_SECONDS = 900;

export const OPERATOR_ALERTS: AlertGroup = {
  name: 'presence-operator',
  alerts: [
    {
      alert: 'PresenceOperatorHasNoLeader',
      expr: `(max(leader_election_master_status{${OPERATOR}}) or vector(0)) < 1`,
      for: '2m',
      severity: 'critical',
      summary: 'No pod of the presence operator leads: nothing is scaled or healed.',
      description:
        'Presence and Redis run on, and freezes hold. Look at the pods and the log of the operator: kubectl -n NAMESPACE get pods.',
    },
    {
      alert: 'PresenceFreezeHeartbeatOld',
      expr: `time() - ${HEARTBEAT} > ${HEARTBEAT_OLD_SECONDS}`,
      for: '1m',
      severity: 'critical',
      summary: `The operator has not confirmed the freezes of PresenceCluster ${CLUSTER} for 15 minutes.`,
      description:
        'It runs and does not finish its work for this PresenceCluster. New weddings may not be protected. Look for the name in the log of the leader.',
    },
    {
      alert: 'PresenceReconcilesFail',
      expr: `sum by (controller) (rate(controller_runtime_reconcile_errors_total{${OPERATOR}}[10m])) > 0`,
      for: '15m',
      severity: 'warning',
      summary: 'Reconciles of controller {{ $labels.controller }} have failed for 15 minutes.',
      description:
        'The log of the leader has the reason with the name of the object. Often the API server refuses one object.',
    },
    {
      alert: 'PresenceKindNotWatched',
      expr: `min by (kind) (reflector_synced{${OPERATOR}}) == 0`,
      for: '10m',
      severity: 'critical',
      summary: 'A pod of the operator has not been able to list {{ $labels.kind }} for 10 minutes.',
      description:
        'The operator does not see changes of these objects. Its /readyz and its log have the reason: a missing permission, a missing kind, or the network.',
    },
    {
      alert: 'PresenceAdmissionPoliciesMissing',
      expr: `max(presence_admission_policies_missing{${OPERATOR}}) > 0`,
      for: '5m',
      severity: 'critical',
      summary: 'Admission policies are not in force as installed, so a freeze can be passed by.',
      description:
        'Run helm upgrade with the same values, or apply the manifests again. Then find out who changed them: the audit log of the API server.',
    },
    {
      alert: 'PresenceApiWarnings',
      expr: `sum(increase(rest_client_api_warnings_total{${OPERATOR}}[1h])) > 0`,
      severity: 'info',
      summary: 'The API server answered the operator with warnings in the last hour.',
      description:
        'Often an API version is deprecated. The log of the operator has each text once. Read it before the next upgrade of Kubernetes.',
      waitsFor: 'AnyFreeze',
    },
    {
      alert: 'PresenceZoneDataOutdated',
      expr: `max(presence_zone_data_outdated{${OPERATOR}}) == 1`,
      for: '1h',
      severity: 'info',
      summary: 'The time zone data of the operator may be outdated.',
      description: 'Update the operator, or give it newer data: docs/how-to/time-zone-data.md.',
      waitsFor: 'AnyFreeze',
    },
  ],
};
