import type { ChangeFreeze, PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { type Inventory, nameOf } from '../../reports/inventory.ts';
import { CliFailure, WrongUse } from '../context/failure.ts';

/**
 * The PresenceCluster that a verb is about.
 *
 * @throws {CliFailure} when there is none of that name
 * @throws {WrongUse} when the name is missing or not enough
 */
export function selectOne(inventory: Inventory, name: string | undefined): PresenceCluster {
  const candidates = selectSome(inventory, name);
  const [first, ...others] = candidates;
  if (first !== undefined && others.length === 0) return first;
  const names = candidates.map(nameOf).join(', ');
  throw new WrongUse(
    name === undefined
      ? `NAME is needed, as there is more than one PresenceCluster: ${names}`
      : `more than one PresenceCluster is named ${name}: ${names}; choose with -n`,
  );
}

/**
 * All PresenceClusters, or those with a name; at least one.
 *
 * @param also what the caller has looked for beside them, for the message
 * @throws {CliFailure} when there is none
 */
export function selectSome(
  inventory: Inventory,
  name: string | undefined,
  also?: readonly ChangeFreeze[],
): PresenceCluster[] {
  const all = inventory.presenceClusters;
  const found = name === undefined ? all : all.filter((each) => each.metadata.name === name);
  if (found.length > 0) return found;
  const where = inventory.from === 'files' ? 'the files hold' : 'there is';
  const what = also === undefined ? 'PresenceCluster' : 'PresenceCluster or ChangeFreeze';
  const names = [...all, ...(also ?? [])].map(nameOf).join(', ');
  const known = names === '' ? '' : `; known: ${names}`;
  throw new CliFailure(`${where} no ${what}${name === undefined ? '' : ` named ${name}`}${known}`);
}
