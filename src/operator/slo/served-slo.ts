import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { type SloSpec, slo } from '../../api/v1alpha1/slo/slo.ts';

/** The objectives that are in use: those of the spec; while they are invalid, the last accepted ones, or the defaults. */
export function servedSlo({ spec, status }: PresenceCluster): SloSpec {
  const candidates = [spec.slo, (status?.acceptedSpec as { slo?: unknown } | undefined)?.slo];
  for (const candidate of candidates) {
    const parsed = slo.safeParse(candidate ?? {});
    if (parsed.success) return parsed.data;
  }
  return slo.parse({});
}
