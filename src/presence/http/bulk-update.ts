import * as z from 'zod';
import { MAX_UPDATES_PER_REQUEST } from '../../api/protocol/limits.ts';
import { type Entry, updatedBody } from '../../domain/presence-state/entry.ts';
import { presenceData, presenceStatus } from '../frames/parse-message.ts';
import type { Patch } from '../store/store.ts';

const request = z.strictObject({
  updates: z
    .array(z.strictObject({ user: z.string().min(1).max(128), status: presenceStatus, data: presenceData }))
    .min(1)
    .max(MAX_UPDATES_PER_REQUEST),
});

/** New presence for several people. A field that is left out stays, null removes it. */
export type BulkUpdate = z.output<typeof request>;

export type ParsedBulkUpdate =
  | { readonly kind: 'update'; readonly update: BulkUpdate }
  | { readonly kind: 'refused'; readonly message: string };

/** Reads the body of a request. Never throws. */
export function parseBulkUpdate(text: string): ParsedBulkUpdate {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'refused', message: 'the body is not JSON' };
  }
  const parsed = request.safeParse(value);
  if (parsed.success) return { kind: 'update', update: parsed.data };
  const mistakes = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  return { kind: 'refused', message: mistakes.join('; ') };
}

/** The writes: every device of each person, so that it does not matter which of them is shown. */
export function patchesOf(entries: ReadonlyMap<string, Entry>, { updates }: BulkUpdate): Patch[] {
  const wanted = new Map(updates.map((update) => [update.user, update]));
  return [...entries].flatMap(([connection, { user, body: before }]) => {
    const update = wanted.get(user);
    if (update === undefined) return [];
    return [{ connection, before, after: updatedBody(before, update) }];
  });
}
