import { parseAllDocuments } from 'yaml';
import { CliFailure } from '../context/failure.ts';

/** An object and where it was written, for messages. */
export interface SourcedObject {
  where: string;
  value: unknown;
}

/**
 * The objects of a YAML or JSON text: every document, and every item of a `List` in one, as `kubectl get -o yaml`
 * writes them.
 *
 * @throws {CliFailure} when the text cannot be parsed
 */
export function readDocuments(file: string, text: string): SourcedObject[] {
  const documents = parseAllDocuments(text, { prettyErrors: true });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document, index) => {
    const where = documents.length === 1 ? file : `${file}, document ${index + 1}`;
    const error = document.errors[0];
    if (error !== undefined) throw new CliFailure(`${where}: ${error.message.trimEnd()}`);
    return itemsOf(where, document.toJS() as unknown);
  });
}

function itemsOf(where: string, value: unknown): SourcedObject[] {
  if (value === null || value === undefined) return [];
  const { kind, items } = value as { kind?: unknown; items?: unknown };
  if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items)) {
    return items.map((item: unknown, index) => ({ where: `${where}, item ${index + 1}`, value: item }));
  }
  return [{ where, value }];
}
