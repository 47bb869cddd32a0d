import { ADMIN, type PolicyServer } from '../../integration/admission/policy-server.ts';

/** Changes and deletions that have passed through the policies so far. */
export interface InsidePolicies {
  seconds: number;
  count: number;
  /** Those that took 5 ms at most, the finest bucket that there is. */
  within5Ms: number;
}

/**
 * How long the API server was in the plug-in that evaluates ValidatingAdmissionPolicies.
 * Source: https://kubernetes.io/docs/reference/instrumentation/metrics/
 */
export async function insidePolicies(server: PolicyServer): Promise<InsidePolicies> {
  const { message } = await server.must(ADMIN, { method: 'GET', path: '/metrics' });
  const found: InsidePolicies = { seconds: 0, count: 0, within5Ms: 0 };
  const line =
    /^apiserver_admission_controller_admission_duration_seconds_(sum|count|bucket)\{(.*)\} (\S+)$/gm;
  for (const [, part, labels = '', value] of message.matchAll(line)) {
    if (!/name="ValidatingAdmissionPolicy"/.test(labels) || !/operation="(UPDATE|DELETE)"/.test(labels))
      continue;
    if (part === 'sum') found.seconds += Number(value);
    else if (part === 'count') found.count += Number(value);
    else if (labels.includes('le="0.005"')) found.within5Ms += Number(value);
  }
  return found;
}
