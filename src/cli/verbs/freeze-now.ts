import type { Command } from 'commander';
import { MAX_WINDOW_MS } from '../../api/v1alpha1/freeze-window.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';
import { nameOf } from '../../reports/inventory.ts';
import type { CliContext } from '../context/context.ts';
import { WrongUse } from '../context/failure.ts';
import type { FreezeNowRequest } from '../context/freeze-now-request.ts';
import { durationArgument } from '../context/time-argument.ts';
import { selectOne } from '../inventory/select.ts';
import { outputFormatOrTemplate, render } from '../output/render.ts';
import { clusterTarget, type GlobalOptions, readInventory } from './options.ts';

const EXAMPLES = `
Examples:
  kubectl presence freeze now wedsync -n weddings --for 2h --reason 'The venue network is being repaired'

It adds a window to spec.freeze.windows of the PresenceCluster, and so needs the right to patch it. A GitOps tool that
owns the list puts it back: write the window into the repository as well.`;

interface FreezeNowOptions extends GlobalOptions {
  for: string;
  reason: string;
}

/** Whole minutes, so that texts stay readable; a shorter freeze is over before it is seen. */
const MIN_LENGTH_MS = 60_000;
/** Limit of the schema. */
const MAX_REASON_LENGTH = 128;

/** `freeze now [NAME] --for 2h --reason R`: a manual window from now on. */
export function addFreezeNow(freeze: Command, context: CliContext): void {
  freeze
    .command('now')
    .description('freeze a PresenceCluster from now on, by a manual window in its spec')
    .argument('[name]', 'PresenceCluster; may be left out when there is one')
    .requiredOption('--for <duration>', 'required: how long, for example 2h; at most 744h (31 days)')
    .requiredOption('--reason <text>', 'required: why, in at most 128 characters; refusals repeat it')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<FreezeNowOptions>();
      const format = outputFormatOrTemplate(options.output, ['text', 'json', 'yaml']);
      if (options.allNamespaces === true)
        throw new WrongUse('a window is for one PresenceCluster: use -n, not -A');
      if (options.filename !== undefined)
        throw new WrongUse('freeze now asks the cluster and reads no files; leave out -f');
      const asked = freezeRequest(options, context.now);
      const presenceClusterName =
        name ?? selectOne(await readInventory(context, options, ['PresenceCluster']), name).metadata.name;
      const request = { presenceClusterName, ...asked };
      const frozen = await context.freezeNow(clusterTarget(options), request);
      context.print(
        render(context, format, {
          data: { ...frozen.spec.freeze },
          text: () => frozenText(frozen, request),
        }),
      );
    });
}

function freezeRequest(
  { for: length, reason }: FreezeNowOptions,
  now: Date,
): Omit<FreezeNowRequest, 'presenceClusterName'> {
  const ms = durationArgument('--for', length, MAX_WINDOW_MS);
  if (ms < MIN_LENGTH_MS) throw new WrongUse(`--for: ${length} is less than a minute`);
  if (reason.trim() === '' || reason.length > MAX_REASON_LENGTH)
    throw new WrongUse(`--reason: 1 to ${MAX_REASON_LENGTH} characters`);
  return { reason, from: now, until: new Date(now.getTime() + ms) };
}

function frozenText(frozen: PresenceCluster, { until, reason }: FreezeNowRequest): string {
  return [
    `PresenceCluster ${nameOf(frozen)} is frozen until ${formatInstant(until)}: ${reason}.`,
    'It holds within seconds, while the operator is up. See: kubectl presence freeze check',
    'To end it earlier, remove the window from spec.freeze.windows.',
  ].join('\n');
}
