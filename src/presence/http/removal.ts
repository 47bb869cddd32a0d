import * as z from 'zod';

/** Milliseconds for which a person is removed when the request names no time: as long as a token lives by default. */
const DEFAULT_REMOVAL_MS = 86_400_000;
/** No wedding needs a removal for longer than a year. */
const MAX_REMOVAL_MS = 366 * 86_400_000;

const request = z.strictObject({
  user: z.string().min(1).max(128),
  until: z.iso.datetime({ offset: true }).optional(),
});

/** The person to remove from a wedding, and until when. */
export interface Removal {
  readonly user: string;
  readonly until: Date;
}

export type ParsedRemoval =
  | { readonly kind: 'removal'; readonly removal: Removal }
  | { readonly kind: 'refused'; readonly message: string };

/** Reads the body of a request. Never throws. */
export function parseRemoval(text: string, now: Date): ParsedRemoval {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'refused', message: 'the body is not JSON' };
  }
  const parsed = request.safeParse(value);
  if (!parsed.success) {
    const mistakes = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`,
    );
    return { kind: 'refused', message: mistakes.join('; ') };
  }
  const { user, until } = parsed.data;
  const untilMs = until === undefined ? now.getTime() + DEFAULT_REMOVAL_MS : Date.parse(until);
  if (untilMs - now.getTime() > MAX_REMOVAL_MS)
    return { kind: 'refused', message: 'until: is more than 366 days away' };
  return { kind: 'removal', removal: { user, until: new Date(untilMs) } };
}
