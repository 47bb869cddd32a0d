import type { Command } from 'commander';
import type { Condition } from '../../api/schema/fields.ts';
import type { RolloutOverride } from '../../api/v1alpha1/kinds.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';
import { overrideEnd, overrideTarget } from '../../domain/freeze/override.ts';
import type { CliContext } from '../context/context.ts';
import { render } from '../output/render.ts';
import { table } from '../output/table.ts';
import { beginReading } from '../verbs/options.ts';
import { resourceName } from '../verbs/resource-name.ts';

const EXAMPLES = `
Examples:
  kubectl presence override list -n weddings
  kubectl presence override list wedsync -A -o json
  kubectl presence override list -f rollout-override.yaml`;

/** One override as `override list` prints it. */
interface OverrideReport {
  namespace: string;
  name: string;
  presenceCluster?: string;
  changeFreeze?: string;
  requestedBy: string;
  ticket: string;
  reason: string;
  scope: readonly string[];
  until: string;
  /** As a condition has it. Unknown: the operator has not looked at it, so most likely it opens nothing yet. */
  active: Condition['status'];
  because: string;
}

/** `override list [CLUSTER]`: who has broken the glass, also those whose override has ended. */
export function addOverrideList(override: Command, context: CliContext): void {
  override
    .command('list')
    .description('list overrides: who, ticket, scope, until when, and whether they are active')
    .argument('[name]', 'PresenceCluster or ChangeFreeze; left out: all of the namespace')
    .addHelpText('after', EXAMPLES)
    .action(async (target: string | undefined, _: unknown, command: Command) => {
      // A user who may break the glass need not be allowed to read weddings.
      const { format, inventory } = await beginReading(context, command, ['RolloutOverride'], ['name']);
      const overrides = inventory.rolloutOverrides
        .filter((each) => target === undefined || overrideTarget(each) === target)
        .map((each) => overrideReport(each, context.now))
        .sort((a, b) => Date.parse(b.until) - Date.parse(a.until) || (a.name < b.name ? -1 : 1));
      context.print(
        render(context, format, {
          data: { overrides },
          text: () => listText(overrides),
          names: () => overrides.map(({ name }) => resourceName('RolloutOverride', name)),
        }),
      );
    });
}

function overrideReport(override: RolloutOverride, now: Date): OverrideReport {
  const { metadata, spec } = override;
  const { presenceClusterName, changeFreezeName, requestedBy, ticket, reason, scope } = spec;
  // An override that was never stored has no beginning, and so no end but the one it asks for.
  const until = metadata.creationTimestamp === undefined ? new Date(spec.expiresAt) : overrideEnd(override);
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    ...(presenceClusterName === undefined ? {} : { presenceCluster: presenceClusterName }),
    ...(changeFreezeName === undefined ? {} : { changeFreeze: changeFreezeName }),
    requestedBy,
    ticket,
    reason,
    scope,
    until: formatInstant(until),
    ...activity(override, until, now),
  };
}

/** The clock knows of an end before the operator has written it down. */
function activity(
  { metadata, status }: RolloutOverride,
  until: Date,
  now: Date,
): Pick<OverrideReport, 'active' | 'because'> {
  if (until <= now) return { active: 'False', because: `It ended at ${formatInstant(until)}.` };
  if (metadata.deletionTimestamp !== undefined) return { active: 'False', because: 'It is being deleted.' };
  const written = status?.conditions?.find(({ type }) => type === 'Active');
  return written === undefined
    ? { active: 'Unknown', because: 'The operator has not looked at it yet.' }
    : { active: written.status, because: written.message };
}

function listText(overrides: readonly OverrideReport[]): string {
  if (overrides.length === 0) return 'No override.';
  const rows = overrides.map((each) => [
    `${each.namespace}/${each.name}`,
    each.presenceCluster ?? `ChangeFreeze/${each.changeFreeze}`,
    each.requestedBy,
    each.ticket,
    each.scope.join(','),
    each.until,
    each.active,
  ]);
  return table(['OVERRIDE', 'FREEZE-OF', 'USER', 'TICKET', 'SCOPE', 'UNTIL', 'ACTIVE'], rows);
}
