/** What a PromQL expression reads, as far as tests compare it with the metrics of our programs. */
export interface QueryUse {
  /** Metrics with the labels that matchers name. */
  readonly metrics: readonly { readonly name: string; readonly labels: readonly string[] }[];
  /** Labels that results are grouped or joined by. */
  readonly grouping: readonly string[];
}

/** Series that our rules record, which have colons in their names; beginnings of the names of our metrics and of those of the process. */
const METRIC =
  /\b(presencecluster:[a-z0-9_:]+|(?:presence|controller_runtime|leader_election|reflector|workqueue|rest_client|process|nodejs)_[a-z0-9_]+)(\{[^}]*\})?/g;
const GROUPING = /\b(?:by|on|without|ignoring|group_left|group_right) ?\(([^)]*)\)/g;

export function usesOf(expr: string): QueryUse {
  // A text in quotes holds labels' values, which may look like names.
  const bare = expr.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  const grouping = [...bare.matchAll(GROUPING)].flatMap(([, list = '']) =>
    list.split(',').map((label) => label.trim()),
  );
  const metrics = [...bare.matchAll(METRIC)].map(([, name = '', matchers = '']) => ({
    name,
    labels: [...matchers.matchAll(/([a-z_]+)\s*(?:=~|!=|!~|=)/g)].map(([, label = '']) => label),
  }));
  return {
    metrics: metrics.filter(({ name }) => !grouping.includes(name)),
    grouping: grouping.filter((label) => label !== ''),
  };
}
