import type { WeddingCalendar } from '../../api/v1alpha1/kinds.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { collect } from '../../reports/collect.ts';
import { emptyInventory, type Inventory, nameOf } from '../../reports/inventory.ts';
import { type ValidObject, validateObject } from '../../reports/validate-object.ts';
import type { CliContext } from '../context/context.ts';
import { CliFailure, fileProblem } from '../context/failure.ts';
import { readDocuments, type SourcedObject } from './documents.ts';
import { DEFAULT_NAMESPACE } from './unplaced-weddings.ts';

const STDIN = '-';

/** What `-f` and `-R` say. */
export interface FileSelection {
  /** Files, folders, or `-` for stdin. */
  paths: readonly string[];
  /** Folders in folders as well. */
  recursive: boolean;
}

/** Files of a folder that kubectl reads. */
const OBJECT_FILE = /\.(?:json|yaml|yml)$/;

/**
 * Reads objects from files and folders; `-` is stdin. No cluster is asked.
 *
 * @param namespace of objects that name none, and when given, the only one whose objects are used
 * @throws {CliFailure} with every problem of every document, when there is one
 */
export async function readFiles(
  context: CliContext,
  selection: FileSelection,
  namespace: string | undefined,
): Promise<Inventory> {
  const inventory = emptyInventory('files');
  const problems: string[] = [];
  const seen = new Map<string, string>();
  const others: Other[] = [];
  for (const { where, value } of await readAll(context, await filesOf(context, selection))) {
    const result = validateObject(value, {
      namespace: namespace ?? DEFAULT_NAMESPACE,
      unknownFields: 'refuse',
    });
    if (!result.ours) others.push({ where, label: result.label, value });
    else if (!result.valid) {
      problems.push(...result.problems.map((problem) => `${where} (${result.label}): ${problem}`));
    } else if (namespace === undefined || result.object.metadata.namespace === namespace) {
      const earlier = remember(seen, result.object, where);
      if (earlier === undefined) collect(inventory, result.object);
      else
        problems.push(`${where}: ${result.object.kind} ${nameOf(result.object)} was in ${earlier} already`);
    }
  }
  if (problems.length > 0) throw new CliFailure(problems.join('\n'));
  for (const other of others) inventory.notes.push(noteOf(other, inventory.weddingCalendars));
  return inventory;
}

interface Other {
  where: string;
  label: string;
  value: unknown;
}

function noteOf({ where, label, value }: Other, calendars: readonly WeddingCalendar[]): string {
  const calendar = calendars.find((each) => isFeedOf(each, value as Partial<KubeObject>));
  return calendar === undefined
    ? `${where}: ${label} is not used`
    : `${where}: ${label} is the feed of WeddingCalendar ${calendar.metadata.name}: the operator makes Weddings of it, this command does not`;
}

function isFeedOf(
  { metadata, spec }: WeddingCalendar,
  { kind, metadata: other }: Partial<KubeObject>,
): boolean {
  return (
    kind === 'ConfigMap' &&
    other?.name === spec.source.configMapName &&
    (other?.namespace ?? DEFAULT_NAMESPACE) === metadata.namespace
  );
}

async function filesOf(context: CliContext, { paths, recursive }: FileSelection): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const inside = path === STDIN ? undefined : await context.listFolder(path, recursive);
    const found = inside?.filter((file) => OBJECT_FILE.test(file)) ?? [path];
    if (found.length === 0) {
      const hint = recursive ? '' : '; -R looks into folders in it as well';
      throw new CliFailure(`${path}: the folder holds no .yaml, .yml or .json file${hint}`);
    }
    files.push(...found);
  }
  return files;
}

async function readAll(context: CliContext, files: readonly string[]): Promise<SourcedObject[]> {
  const objects: SourcedObject[] = [];
  for (const file of files) {
    const label = file === STDIN ? 'stdin' : file;
    try {
      const text = await (file === STDIN ? context.readStdin() : context.readFile(file));
      objects.push(...readDocuments(label, text));
    } catch (error) {
      if (error instanceof CliFailure) throw error;
      throw new CliFailure(`${label}: ${fileProblem(error)}`);
    }
  }
  return objects;
}

/** Where the same object was before; undefined the first time. */
function remember(seen: Map<string, string>, object: ValidObject, where: string): string | undefined {
  const key = `${object.kind} ${nameOf(object)}`;
  const earlier = seen.get(key);
  if (earlier === undefined) seen.set(key, where);
  return earlier;
}
