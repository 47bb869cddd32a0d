import { createHash } from 'node:crypto';
import type { Wedding } from '../api/v1alpha1/kinds.ts';
import { weddingId } from '../domain/freeze/wedding-id.ts';

/** The id under which a wedding appears in freeze windows. */
export function idOf({ metadata }: Wedding): string {
  return weddingId(metadata.namespace, metadata.name, (text) =>
    createHash('sha256').update(text).digest('hex'),
  );
}

/** Names for ids, as far as the weddings are at hand; an unknown id stays as it is. */
export function weddingNames(weddings: readonly Wedding[]): (id: string) => string {
  const names = new Map(weddings.map((wedding) => [idOf(wedding), wedding.metadata.name]));
  return (id) => names.get(id) ?? id;
}
