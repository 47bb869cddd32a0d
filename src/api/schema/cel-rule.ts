import * as z from 'zod';

const VALIDATIONS = 'x-kubernetes-validations';

/** A cross-field rule in both languages: CEL for the API server, a predicate for zod. */
export interface Rule<T> {
  /** CEL over `self`; see https://kubernetes.io/docs/reference/using-api/cel/. */
  cel: string;
  message: string;
  check: (value: T) => boolean;
  /** Field the message is attached to, relative to the object. */
  path?: string;
}

/**
 * Attaches rules to a schema, so that zod and the API server refuse the same objects. The pairing is held by a
 * property test on a real API server (`test/integration/crd/crd-rules.test.ts`).
 */
export function withRules<S extends z.ZodType>(schema: S, rules: Rule<z.output<S>>[]): S {
  let checked: z.ZodType = schema;
  for (const rule of rules) {
    checked = checked.refine((value) => rule.check(value as z.output<S>), {
      error: rule.message,
      ...(rule.path ? { path: [rule.path] } : {}),
    });
  }
  const validations = rules.map((rule) => ({
    rule: rule.cel,
    message: rule.message,
    ...(rule.path ? { fieldPath: `.${rule.path}` } : {}),
  }));
  return checked.meta(withValidations(schema, validations)) as S;
}

/** A rule between the stored object and its update; only the API server knows both. */
export interface Transition {
  /** CEL over `self` and `oldSelf`. */
  cel: string;
  message: string;
}

export function withTransitions<S extends z.ZodType>(schema: S, transitions: Transition[]): S {
  const validations = transitions.map(({ cel, message }) => ({ rule: cel, message }));
  return schema.meta(withValidations(schema, validations)) as S;
}

/** The metadata of a schema, with rules added to the rules that it has. */
function withValidations(schema: z.ZodType, added: object[]): Record<string, unknown> {
  return { ...schema.meta(), [VALIDATIONS]: [...validationsOf(schema), ...added] };
}

/** A wrapper around a schema is one schema with it in the CRD: rules of the wrapper alone would replace those of the schema. */
function validationsOf(schema: z.ZodType): readonly object[] {
  const own = schema.meta()?.[VALIDATIONS];
  if (own !== undefined) return own as object[];
  const wrapped = wrappedBy(schema);
  return wrapped instanceof z.ZodType ? validationsOf(wrapped) : [];
}

function wrappedBy(schema: z.ZodType): unknown {
  if (schema instanceof z.ZodPipe) return schema.out;
  const isWrapper =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly;
  return isWrapper ? schema.unwrap() : undefined;
}
