import type { Command } from 'commander';
import type { RolloutOverride } from '../../api/v1alpha1/kinds.ts';
import { MAX_OVERRIDE_MS, OVERRIDE_SCOPES, type OverrideScope } from '../../api/v1alpha1/rollout-override.ts';
import { parseDuration } from '../../domain/calendar/duration.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';
import { overrideEnd, overrideTarget } from '../../domain/freeze/override.ts';
import { nameOf } from '../../reports/inventory.ts';
import type { CliContext } from '../context/context.ts';
import { WrongUse } from '../context/failure.ts';
import type { OverrideTarget } from '../context/override-request.ts';
import { selectOne } from '../inventory/select.ts';
import { outputFormat, render } from '../output/render.ts';
import { clusterTarget, type GlobalOptions, readInventory } from '../verbs/options.ts';

const EXAMPLES = `
Examples:
  kubectl presence override create wedsync -n weddings --reason 'The signing key leaked' --ticket OPS-1234
  kubectl presence override create --reason 'A node must be drained' --ticket OPS-1235 --for 30m --scope Delete --scope Evict
  kubectl presence override create --change-freeze weekend -n shop --reason 'The prices are wrong' --ticket OPS-1236

Scopes: Rollout: pod templates and configuration. ScaleIn: below the floor. Delete: pods, workloads, volumes. Evict: drains.
Of a ChangeFreeze, Rollout opens changes and Delete deletes; the others open nothing.
It needs the verb breakglass on the PresenceCluster or ChangeFreeze, and opens the freeze for you alone: docs/runbooks/break-glass.md`;

interface OverrideOptions extends GlobalOptions {
  reason: string;
  ticket: string;
  for: string;
  scope?: OverrideScope[];
  changeFreeze?: string;
}

/** `override create [CLUSTER]`: opens a freeze for the user who creates it, for at most four hours. */
export function addOverrideCreate(override: Command, context: CliContext): void {
  override
    .command('create')
    .description('break the glass: open the freeze of one PresenceCluster, or one ChangeFreeze, for yourself')
    .argument('[cluster]', 'PresenceCluster; may be left out when there is one')
    .requiredOption('--reason <text>', 'required: why it cannot wait, in 10 characters or more')
    .requiredOption('--ticket <id>', 'required: incident or change that it belongs to')
    .option('--for <duration>', 'how long, at most 4h', '1h')
    .option(
      '--scope <scope>',
      `what it opens: ${OVERRIDE_SCOPES.join(', ')}; may be repeated (default: Rollout)`,
      addScopes,
    )
    .option('--change-freeze <name>', 'open this ChangeFreeze in place of a PresenceCluster')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<OverrideOptions>();
      const format = outputFormat(options.output, ['text', 'json', 'yaml']);
      refuseManyTargets(options);
      const until = new Date(context.now.getTime() + overrideLength(options.for));
      const { reason, ticket, scope = ['Rollout'] } = options;
      const target = await targetOf(context, options, name);
      const request = { target, reason, ticket, scope, from: context.now, until };
      const made = await context.createOverride(clusterTarget(options), request);
      context.print(
        render(context, format, { data: withoutBookkeeping(made), text: () => createdText(made) }),
      );
    });
}

async function targetOf(
  context: CliContext,
  options: OverrideOptions,
  name: string | undefined,
): Promise<OverrideTarget> {
  const { changeFreeze } = options;
  if (changeFreeze !== undefined && name !== undefined) {
    throw new WrongUse('name a PresenceCluster or use --change-freeze, not both');
  }
  if (changeFreeze !== undefined) return { changeFreezeName: changeFreeze };
  if (name !== undefined) return { presenceClusterName: name };
  const inventory = await readInventory(context, options, ['PresenceCluster']);
  return { presenceClusterName: selectOne(inventory, name).metadata.name };
}

function addScopes(text: string, earlier: OverrideScope[] | undefined): OverrideScope[] {
  const added = text.split(',').map((word) => {
    const scope = OVERRIDE_SCOPES.find((known) => known === word);
    if (scope === undefined) {
      throw new WrongUse(`--scope: "${word}" is none of ${OVERRIDE_SCOPES.join(', ')}`);
    }
    return scope;
  });
  return [...new Set([...(earlier ?? []), ...added])];
}

function refuseManyTargets(options: GlobalOptions): void {
  if (options.allNamespaces === true) throw new WrongUse('an override is for one namespace: use -n, not -A');
  if (options.filename !== undefined) {
    throw new WrongUse('override create asks the cluster and reads no files; kubectl create -f does');
  }
}

/** In milliseconds. */
function overrideLength(text: string): number {
  let ms = 0;
  try {
    ms = parseDuration(text);
  } catch {
    // Reported below, together with a length of zero.
  }
  if (ms > MAX_OVERRIDE_MS)
    throw new WrongUse(`--for: ${text} is more than the 4h that an override may last`);
  if (ms > 0) return ms;
  throw new WrongUse(`--for: "${text}" is not a length of time such as 30m or 1h30m`);
}

/** The object without what the API server keeps for itself, as kubectl prints it. */
function withoutBookkeeping(override: RolloutOverride): object {
  const { managedFields: _, ...metadata } = override.metadata as RolloutOverride['metadata'] & {
    managedFields?: unknown;
  };
  return { ...override, metadata };
}

function createdText(override: RolloutOverride): string {
  const { namespace, name } = override.metadata;
  const { requestedBy, scope } = override.spec;
  const rov = `rov ${name}`;
  return [
    `RolloutOverride ${nameOf(override)} opens ${scope.join(', ')} of ${overrideTarget(override)} for ${requestedBy} until ${formatInstant(overrideEnd(override))}.`,
    `It is open when ACTIVE is True, within seconds: kubectl -n ${namespace} get ${rov}`,
    'When ACTIVE stays empty, the operator is down: docs/runbooks/break-glass.md, step 5.',
    `Close it when you are done: kubectl -n ${namespace} delete ${rov}`,
  ].join('\n');
}
