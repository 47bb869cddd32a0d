/** How soon a person must look: at once, on the same day, or when there is time. */
export type Severity = 'critical' | 'warning' | 'info';

/** One alert of Prometheus. */
export interface Alert {
  readonly alert: string;
  /** PromQL. With a PresenceCluster in it, the result has the labels `namespace` and `presencecluster`. */
  readonly expr: string;
  /** How long it must hold, as Prometheus writes durations; left out: it fires at once. */
  readonly for?: string;
  readonly severity: Severity;
  /** What is wrong, in plain words. `{{ $labels.NAME }}` and `{{ $value }}` may be in it. */
  readonly summary: string;
  /** What to do first. */
  readonly description: string;
  /**
   * What the alert asks for has to wait for the end of a freeze, so a freeze silences it: that of the same PresenceCluster, or any where the
   * alert is of none. Never set it where weddings suffer meanwhile.
   */
  readonly waitsFor?: 'FreezeOfCluster' | 'AnyFreeze';
}

export interface AlertGroup {
  readonly name: string;
  readonly alerts: readonly Alert[];
}

/** A rule as Prometheus reads it. */
export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: Severity };
  readonly annotations: {
    readonly summary: string;
    readonly description: string;
    readonly runbook_url: string;
  };
}

/** Replaced by the namespace of the operator. */
export const OPERATOR_NAMESPACE = 'OPERATOR_NAMESPACE';
/** Replaced by the address of the checkout, with a slash at its end; nothing where it is not known. */
export const RUNBOOK_BASE = 'RUNBOOK_BASE/';
const RUNBOOK = 'docs/runbooks/alerts.md';

const NO_FREEZE = {
  FreezeOfCluster: 'unless on (namespace, presencecluster) presence_cluster_frozen == 1',
  AnyFreeze: 'unless on () max(presence_cluster_frozen) == 1',
} as const;

export function toRule(alert: Alert): Rule {
  const { expr, waitsFor, severity, summary, description } = alert;
  const rule: Rule = {
    alert: alert.alert,
    expr: waitsFor === undefined ? expr : `(${expr}) ${NO_FREEZE[waitsFor]}`,
    labels: { severity },
    annotations: {
      summary,
      description,
      runbook_url: `${RUNBOOK_BASE}${RUNBOOK}#${alert.alert.toLowerCase()}`,
    },
  };
  return alert.for === undefined ? rule : { ...rule, for: alert.for };
}

/** The largest value of a metric of a PresenceCluster: two operators may report it for a moment. */
export function ofCluster(series: string): string {
  return `max by (namespace, presencecluster) (${series})`;
}

/** Whether a condition of a PresenceCluster has a status. */
export function hasCondition(condition: string, status: 'true' | 'false'): string {
  return ofCluster(`presence_cluster_condition{condition="${condition}",status="${status}"} == 1`);
}

/** Name of the PresenceCluster of an alert. */
export const CLUSTER = '{{ $labels.namespace }}/{{ $labels.presencecluster }}';
