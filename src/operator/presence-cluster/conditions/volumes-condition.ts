import type { Claim } from '../../../domain/volumes/claim.ts';
import type { VolumesFinding } from '../../../domain/volumes/plan-volumes.ts';
import type { ReconcilePlan } from '../plan/reconcile-plan.ts';
import type { ClusterCondition } from './cluster-condition.ts';

/** The condition VolumesCurrent; none where the pods have no claims. */
export function volumesCondition({ desired, acceptance }: ReconcilePlan): ClusterCondition[] {
  const { finding } = desired.volumes;
  const { size = '', storageClassName } = acceptance.serving?.redis.storage ?? {};
  return finding === undefined ? [] : [verdict(finding, { size, storageClassName })];
}

interface Wanted {
  size: string;
  storageClassName: string | undefined;
}

function verdict(finding: VolumesFinding, { size, storageClassName }: Wanted): ClusterCondition {
  const type = 'VolumesCurrent';
  switch (finding.kind) {
    case 'Current':
      return {
        type,
        status: 'True',
        reason: 'Current',
        message: 'All claims are as the spec says.',
      };
    case 'CannotGrow': {
      const [first] = finding.claims;
      const of = first?.storageClassName ? ` of StorageClass ${first.storageClassName}` : '';
      const message = `${names(finding.claims)}${of} cannot grow from ${first?.size} to ${size}: ${finding.because}. Set allowVolumeExpansion on the class if its driver can, or renew the volumes one replica at a time (docs/how-to/volumes.md). New claims have the new size.`;
      return { type, status: 'False', reason: 'ExpansionRefused', message };
    }
    case 'OtherClass': {
      const [first] = finding.claims;
      const message = `${names(finding.claims)} is of StorageClass ${first?.storageClassName ?? 'none'}, and the spec says ${storageClassName}. A claim with a volume is never deleted by the operator: delete it and its pod if nothing in it is needed.`;
      return { type, status: 'False', reason: 'ClassDiffers', message };
    }
    case 'Growing': {
      const said = finding.claims.find(({ resizing }) => resizing !== undefined)?.resizing;
      const message = `Growing to ${size}: ${names(finding.claims)}${said === undefined ? '' : ` (${said})`}. The servers run on.`;
      return { type, status: 'False', reason: 'Growing', message };
    }
    case 'TemplateWaits': {
      const message = `New claims get the size, class and metadata of the spec once ${finding.owners.join(', ')} can be recreated: ${finding.because}.`;
      return { type, status: 'False', reason: 'TemplateWaits', message };
    }
  }
}

/** The first, and how many more. */
function names(claims: readonly Claim[]): string {
  const more = claims.length - 1;
  return more > 0 ? `${claims[0]?.name} and ${more} more` : `${claims[0]?.name}`;
}
