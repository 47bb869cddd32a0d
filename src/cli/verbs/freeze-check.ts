import type { Command } from 'commander';
import { formatInstant, formatWallClock } from '../../domain/calendar/instant.ts';
import {
  ALLOWED_IN_FREEZE,
  type FreezeEffect,
  HELD_IN_FREEZE,
  REFUSED_IN_FREEZE,
} from '../../domain/freeze/effects.ts';
import { freezeAt } from '../../domain/freeze/freeze-at.ts';
import { safeWindowOnTheWire } from '../../domain/freeze/next-safe-window.ts';
import { shownTimeZone } from '../../reports/change-freeze-windows.ts';
import { decidingSpec } from '../../reports/deciding-spec.ts';
import { freezesOf } from '../../reports/freeze-plan.ts';
import type { Inventory } from '../../reports/inventory.ts';
import { weddingNames } from '../../reports/wedding-ids.ts';
import { type FrozenOnTheWire, frozenOnTheWire } from '../../reports/wire.ts';
import type { CliContext } from '../context/context.ts';
import { CliFailure, EXIT, ExitWith, WrongUse } from '../context/failure.ts';
import { parseTimeArgument } from '../context/time-argument.ts';
import { selectOne } from '../inventory/select.ts';
import { unplacedWeddings } from '../inventory/unplaced-weddings.ts';
import { render } from '../output/render.ts';
import { changeFreezeCheckText, checkChangeFreeze, selectChangeFreeze } from './change-freeze-check.ts';
import { freezeSentence, safeWindowSentence } from './freeze-sentence.ts';
import { beginReading, FREEZE_KINDS, type GlobalOptions, type Reading } from './options.ts';

const EXAMPLES = `
Examples:
  kubectl presence freeze check
  kubectl presence freeze check wedsync --at 2027-06-05T20:00
  kubectl presence freeze check wedsync --exit-code || exit
  kubectl presence freeze check --change-freeze weekend -n shop --exit-code || exit
  kubectl presence freeze check -f presence-cluster.yaml -f weddings.yaml --at 2027-06-05T20:00 -o json`;

/** What `freeze check` prints as JSON. */
interface FreezeCheckReport extends FrozenOnTheWire {
  name: string;
  namespace: string;
  at: string;
  timeZone: string;
  source: 'RolloutFreeze' | 'Weddings';
  /** Empty while no freeze is on. */
  refused: readonly FreezeEffect[];
  held: readonly FreezeEffect[];
  allowed: readonly FreezeEffect[];
  /** When something can be changed next. */
  nextSafeWindow?: ReturnType<typeof safeWindowOnTheWire>;
}

interface CheckOptions extends GlobalOptions {
  at?: string;
  exitCode?: boolean;
  changeFreeze?: string;
}

/** `freeze check`: what would be refused, now or at another time. Exit code 0 in both cases, unless --exit-code. */
export function addFreezeCheck(freeze: Command, context: CliContext): void {
  freeze
    .command('check')
    .description('say whether a freeze is on, now or at another time, and what it would refuse')
    .argument('[name]', 'PresenceCluster; may be left out when there is one')
    .option('--at <time>', 'RFC 3339; without an offset in the zone of the PresenceCluster or ChangeFreeze')
    .option('--change-freeze <name>', 'look at this ChangeFreeze in place of a PresenceCluster')
    .option('--exit-code', 'end with 0 when open and with 3 in a freeze: a gate for pipelines')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, _: unknown, command: Command) => {
      const { changeFreeze } = command.opts<CheckOptions>();
      if (changeFreeze !== undefined && name !== undefined)
        throw new WrongUse('name a PresenceCluster or use --change-freeze, not both');
      const wanted = changeFreeze === undefined ? undefined : FREEZE_KINDS;
      const reading = await beginReading<CheckOptions>(context, command, wanted);
      const gate = reading.options.exitCode === true;
      if (gate) refuseUnplaced(reading.inventory);
      const active =
        changeFreeze === undefined
          ? checkPresenceCluster(context, reading, name)
          : checkNamedChangeFreeze(context, reading, changeFreeze, gate);
      if (gate && active) throw new ExitWith(EXIT.frozen);
    });
}

/** Prints what the freeze of a PresenceCluster says, and returns whether it is on. */
function checkPresenceCluster(
  context: CliContext,
  { options, format, inventory }: Reading<CheckOptions>,
  name: string | undefined,
): boolean {
  if (name === undefined && inventory.presenceClusters.length === 0) {
    const where = inventory.from === 'files' ? 'the files hold' : 'there is';
    throw new CliFailure(`${where} no PresenceCluster; --change-freeze NAME looks at a ChangeFreeze`);
  }
  const presenceCluster = selectOne(inventory, name);
  const { timeZone } = decidingSpec(presenceCluster).spec;
  const at = timeOf(context, options, timeZone);
  const { windows, source, nextSafeWindow: safe } = freezesOf(inventory, presenceCluster, at, context.now);
  const state = freezeAt(
    windows.map((window) => ({
      ...window,
      from: new Date(window.from),
      until: new Date(window.until),
    })),
    at,
  );
  const report: FreezeCheckReport = {
    name: presenceCluster.metadata.name,
    namespace: presenceCluster.metadata.namespace,
    at: formatInstant(at),
    timeZone,
    source,
    ...frozenOnTheWire(state),
    refused: state.active ? REFUSED_IN_FREEZE : [],
    held: state.active ? HELD_IN_FREEZE : [],
    allowed: ALLOWED_IN_FREEZE,
    ...(safe === undefined ? {} : { nextSafeWindow: safeWindowOnTheWire(safe) }),
  };
  const text = (): string => {
    const next = safe === undefined ? undefined : safeWindowSentence(safe, timeZone);
    return checkText(report, weddingNames(inventory.weddings), next);
  };
  context.print(render(context, format, { data: report, text }));
  return state.active;
}

/**
 * Prints what a ChangeFreeze says, and returns whether it is on.
 *
 * @param gate a gate does not open for what is not understood or not in force
 */
function checkNamedChangeFreeze(
  context: CliContext,
  { options, format, inventory }: Reading<CheckOptions>,
  name: string,
  gate: boolean,
): boolean {
  const changeFreeze = selectChangeFreeze(inventory, name);
  const at = timeOf(context, options, shownTimeZone(changeFreeze));
  const report = checkChangeFreeze(inventory, changeFreeze, at, context.now);
  const text = (): string => changeFreezeCheckText(report, weddingNames(inventory.weddings));
  context.print(render(context, format, { data: report, text }));
  if (gate && !report.active && report.problem !== undefined)
    throw new CliFailure(`--exit-code: ChangeFreeze ${name}: ${report.problem}`);
  return report.active;
}

function timeOf({ now }: CliContext, { at }: CheckOptions, timeZone: string): Date {
  return at === undefined ? now : parseTimeArgument('--at', at, timeZone);
}

/** A gate does not open on files that it cannot place; in a cluster the operator holds on to what it accepted. */
function refuseUnplaced(inventory: Inventory): void {
  const first = inventory.from === 'files' ? unplacedWeddings(inventory)[0] : undefined;
  if (first !== undefined) throw new CliFailure(`--exit-code: ${first}`);
}

function checkText(
  report: FreezeCheckReport,
  nameOf: (id: string) => string,
  next: string | undefined,
): string {
  const at = `${formatWallClock(report.timeZone, new Date(report.at))} ${report.timeZone}`;
  const list = (title: string, effects: readonly FreezeEffect[]): string[] =>
    effects.map(({ action, examples }) => `  ${title.padEnd(8)} ${action} (${examples.join(', ')})`);
  return [
    `${report.namespace}/${report.name} at ${at} (${report.at})`,
    `Freeze: ${freezeSentence(report, report.timeZone, nameOf)}`,
    ...(report.active
      ? [...list('refused', report.refused), ...list('held', report.held), ...list('allowed', report.allowed)]
      : ['  Nothing would be refused or held.']),
    ...(next === undefined ? [] : [`Next time for a change: ${next}`]),
  ].join('\n');
}
