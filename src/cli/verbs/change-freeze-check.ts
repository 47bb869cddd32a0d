import type { ChangeFreeze } from '../../api/v1alpha1/kinds.ts';
import { formatInstant, formatWallClock } from '../../domain/calendar/instant.ts';
import { frozenResources } from '../../domain/change-freeze/change-freeze-text.ts';
import { freezeAt } from '../../domain/freeze/freeze-at.ts';
import { type ChangeFreezeWindows, changeFreezeWindows } from '../../reports/change-freeze-windows.ts';
import { type Inventory, nameOf } from '../../reports/inventory.ts';
import { type FrozenOnTheWire, frozenOnTheWire } from '../../reports/wire.ts';
import { CliFailure, WrongUse } from '../context/failure.ts';
import { freezeGaps } from './freeze-gaps.ts';
import { freezeSentence } from './freeze-sentence.ts';

/** What `freeze check --change-freeze` prints as JSON. */
export interface ChangeFreezeCheckReport
  extends FrozenOnTheWire,
    Pick<ChangeFreezeWindows, 'namespace' | 'timeZone' | 'source' | 'knownUntil' | 'problem'> {
  changeFreeze: string;
  at: string;
  /** What is frozen in a window, as `RESOURCE.GROUP`. */
  resources: string[];
  /** The first open time from `at` on. */
  nextOpen: { from: string; until?: string };
}

/**
 * The ChangeFreeze of a name.
 *
 * @throws {CliFailure} when there is none
 * @throws {WrongUse} when there are several
 */
export function selectChangeFreeze(inventory: Inventory, name: string): ChangeFreeze {
  const found = inventory.changeFreezes.filter(({ metadata }) => metadata.name === name);
  const [first, ...others] = found;
  if (first === undefined) {
    const known = inventory.changeFreezes.map(nameOf).join(', ');
    const where = inventory.from === 'files' ? 'the files hold' : 'there is';
    throw new CliFailure(`${where} no ChangeFreeze named ${name}${known === '' ? '' : `; known: ${known}`}`);
  }
  if (others.length === 0) return first;
  throw new WrongUse(
    `more than one ChangeFreeze is named ${name}: ${found.map(nameOf).join(', ')}; choose with -n`,
  );
}

/** What a ChangeFreeze says about an instant. */
export function checkChangeFreeze(
  inventory: Inventory,
  changeFreeze: ChangeFreeze,
  at: Date,
  now: Date,
): ChangeFreezeCheckReport {
  const { namespace, name, timeZone, source, windows, knownUntil, problem } = changeFreezeWindows(
    inventory,
    changeFreeze,
    at,
    now,
  );
  const state = freezeAt(
    windows.map((window) => ({ ...window, from: new Date(window.from), until: new Date(window.until) })),
    at,
  );
  const [open] = freezeGaps(windows, at);
  return {
    changeFreeze: name,
    namespace,
    at: formatInstant(at),
    timeZone,
    source,
    ...frozenOnTheWire(state),
    resources: frozenResources(changeFreeze.spec),
    nextOpen: {
      from: formatInstant(open?.from ?? at),
      ...(open?.until === undefined ? {} : { until: formatInstant(open.until) }),
    },
    ...(knownUntil === undefined ? {} : { knownUntil }),
    ...(problem === undefined ? {} : { problem }),
  };
}

export function changeFreezeCheckText(
  report: ChangeFreezeCheckReport,
  weddingName: (id: string) => string,
): string {
  const { namespace, changeFreeze, timeZone, at, resources, nextOpen, knownUntil, problem } = report;
  const local = (instant: string): string => `${formatWallClock(timeZone, new Date(instant))} ${timeZone}`;
  const end = nextOpen.until === undefined ? '' : ` until ${local(nextOpen.until)}`;
  const known = knownUntil === undefined ? 'is known' : `before ${local(knownUntil)}`;
  return [
    `ChangeFreeze ${namespace}/${changeFreeze} at ${local(at)} (${at})`,
    `Freeze: ${freezeSentence(report, timeZone, weddingName, known)}`,
    report.active
      ? `  refused  change the spec of what it selects, or delete it: ${resources.join(', ')}; delete the namespace; change the ChangeFreeze`
      : '  Nothing would be refused.',
    ...(report.active
      ? ['  allowed  change the number of pods; write status; make new objects; add windows']
      : []),
    `Next time for a change: from ${local(nextOpen.from)}${end}`,
    ...(problem === undefined ? [] : [`It holds in part or not at all: ${problem}`]),
  ].join('\n');
}
