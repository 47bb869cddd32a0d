import type { Team } from '../../api/v1alpha1/wedding.ts';
import type { NamedBooking } from '../../domain/feed/plan-changes.ts';

/** Keeps one copy of what most bookings of a feed have in common: a message from a thread makes one for each. */
export class SharedTexts {
  readonly #texts = new Map<string, string>();
  readonly #teams = new Map<string, Team>();

  share(booking: NamedBooking): NamedBooking {
    const { spec } = booking;
    spec.date = this.#text(spec.date);
    spec.timeZone = this.#text(spec.timeZone);
    spec.ceremony = this.#text(spec.ceremony);
    spec.ends = this.#text(spec.ends);
    spec.state = this.#text(spec.state) as typeof spec.state;
    spec.team = this.#team(spec.team);
    return booking;
  }

  #text(text: string): string {
    const known = this.#texts.get(text);
    if (known === undefined) this.#texts.set(text, text);
    return known ?? text;
  }

  #team(team: Team): Team {
    const key = JSON.stringify(team);
    const known = this.#teams.get(key);
    if (known === undefined) this.#teams.set(key, team);
    return known ?? team;
  }
}
