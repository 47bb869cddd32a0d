import { styleText } from 'node:util';
import type { Member } from '../../src/api/protocol/member.ts';
import type { SnapshotMessage } from '../../src/api/protocol/messages.ts';
import type { Role } from '../../src/api/protocol/roles.ts';
import { missingPeople } from '../../src/presence/weddings/missing-people.ts';

/** What a client shows of a wedding. */
export interface ShownWedding {
  readonly wedding: string;
  readonly members: ReadonlyMap<string, Member>;
  readonly team: SnapshotMessage['team'];
}

const NAME_WIDTH = 14;
const ROLE_WIDTH = 14;

/** The people of a wedding, a line each in the order in which they came, and who is expected and not there. Pure. */
export function listLines({ wedding, members, team }: ShownWedding): string[] {
  const people = [...members.values()].toSorted((a, b) => a.since - b.since || a.user.localeCompare(b.user));
  const present = people.filter(({ state }) => state === 'present').length;
  return [
    `${wedding}: ${present} present, ${people.length - present} reconnecting`,
    ...people.map(personLine),
    ...(team === undefined ? [] : [`  missing: ${missingText(missingPeople(team, people))}`]),
  ];
}

function personLine({ user, name = user, role, state, reason, status = '' }: Member): string {
  const who = `${name.padEnd(NAME_WIDTH)}${role.padEnd(ROLE_WIDTH)}`;
  return state === 'present' ? `  ● ${who}${status}` : `  ○ ${who}reconnecting (${reason})`;
}

function missingText(missing: Partial<Record<Role, number>>): string {
  const roles = Object.entries(missing).map(([role, count]) => `${count} ${role}`);
  return roles.length === 0 ? 'nobody' : roles.join(', ');
}

/** A terminal, or a file that takes what would go to one. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Draws a list in the place of the one before where the terminal can, and below it where the output is a file. */
export class LiveList {
  readonly #out: Output;
  #drawn: readonly string[] = [];

  constructor(out: Output) {
    this.#out = out;
  }

  /** Nothing is drawn that is there already. */
  draw(lines: readonly string[]): void {
    if (lines.join('\n') === this.#drawn.join('\n')) return;
    const back = this.#out.isTTY && this.#drawn.length > 0 ? `\u001b[${this.#drawn.length}A\u001b[J` : '';
    const [title = '', ...rest] = lines;
    const shown = this.#out.isTTY ? [styleText('bold', title), ...rest] : lines;
    this.#out.write(`${back}${shown.map((line) => `    ${line}\n`).join('')}`);
    this.#drawn = lines;
  }
}
