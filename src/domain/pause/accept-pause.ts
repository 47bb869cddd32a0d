import { instant } from '../../api/schema/fields.ts';
import { PAUSE_MEMBERS, type Paused } from '../../api/v1alpha1/lifecycle/paused.ts';

/** What is wrong with `spec.paused` and no schema can say, with the field and what to write; undefined when nothing is. */
export function pauseRefusal(paused: Paused | undefined): string | undefined {
  if (paused === undefined || typeof paused === 'boolean') return undefined;
  const unknown = Object.keys(paused).find((member) => !PAUSE_MEMBERS.includes(member));
  if (unknown !== undefined) {
    return `spec.paused.${unknown.slice(0, 63)}: there is no such member; there are ${PAUSE_MEMBERS.join(', ')}`;
  }
  return paused.until === undefined || instant.safeParse(paused.until).success
    ? undefined
    : `spec.paused.until: ${paused.until} is not in the calendar`;
}
