import * as z from 'zod';
import { objectName } from '../api/schema/fields.ts';
import { API_VERSION, GROUP } from '../api/schema/group.ts';
import { KINDS, type KindDefinition } from '../api/v1alpha1/kinds.ts';
import { unknownFields } from './unknown-fields.ts';

const MAX_NAMESPACE_LENGTH = 63;

/** An object of one of our kinds in the form the schemas promise, or what is wrong with it, or that it is not ours. */
export type Validation =
  | { ours: false; label: string }
  | { ours: true; valid: true; object: ValidObject }
  | { ours: true; valid: false; label: string; problems: string[] };

export interface ValidObject {
  apiVersion: typeof API_VERSION;
  kind: string;
  metadata: { name: string; namespace: string };
  spec: unknown;
  status?: unknown;
}

export interface ValidationRules {
  /** Namespace of objects that name none. */
  namespace: string;
  /** Refuse: they are typing errors. Ignore: the object was written under a newer schema than ours. */
  unknownFields: 'refuse' | 'ignore';
}

/** Holds an object against the schema of its kind. */
export function validateObject(input: unknown, rules: ValidationRules): Validation {
  if (typeof input !== 'object') {
    return { ours: true, valid: false, label: 'document', problems: ['is text, and no Kubernetes object'] };
  }
  const { apiVersion, kind, metadata } = (input ?? {}) as Record<string, unknown>;
  const name = (metadata as { name?: unknown } | undefined)?.name;
  const label = [kind ?? 'object', name].filter((part) => typeof part === 'string').join(' ');
  const definition = KINDS.find((known) => known.kind === kind);
  const group = typeof apiVersion === 'string' ? apiVersion.split('/')[0] : GROUP;
  if (group !== GROUP) return { ours: false, label };
  if (definition === undefined) {
    // Without an apiVersion it may be a file of another tool, such as values of a chart.
    if (apiVersion === undefined) return { ours: false, label };
    return { ours: true, valid: false, label, problems: [`kind: ${GROUP} has no such kind`] };
  }

  const parsed = schemaOf(definition, rules.namespace).safeParse(input);
  if (!parsed.success) {
    return {
      ours: true,
      valid: false,
      label,
      problems: parsed.error.issues.map((issue) => problem(issue, input)),
    };
  }
  const spec = (input as { spec?: unknown }).spec;
  const unknown = rules.unknownFields === 'refuse' ? unknownFields(spec, parsed.data.spec, 'spec') : [];
  if (unknown.length > 0) {
    return { ours: true, valid: false, label, problems: unknown.map((path) => `${path}: unknown field`) };
  }
  return { ours: true, valid: true, object: parsed.data as ValidObject };
}

function schemaOf(definition: KindDefinition, namespace: string) {
  return z.object({
    apiVersion: z.literal(API_VERSION, { error: `must be ${API_VERSION}` }),
    kind: z.literal(definition.kind),
    metadata: z.looseObject({
      name: objectName.max(definition.maxNameLength ?? Number.POSITIVE_INFINITY),
      namespace: objectName.max(MAX_NAMESPACE_LENGTH).default(namespace),
    }),
    spec: definition.spec,
    // Status is the operator's; an older one must not prevent reading the spec.
    status: (definition.status ?? z.unknown()).optional().catch(undefined),
  });
}

function problem(issue: z.core.$ZodIssue, input: unknown): string {
  const path = issue.path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
  const value = issue.path.reduce<unknown>(
    (at, part) =>
      typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[part] : undefined,
    input,
  );
  const got = typeof value === 'string' || typeof value === 'number' ? ` (got ${JSON.stringify(value)})` : '';
  return `${path || 'document'}: ${issue.message}${got}`;
}
