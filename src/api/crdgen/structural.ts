import * as z from 'zod';
import { INT_OR_STRING_MARK } from '../schema/int-or-string.ts';

/** A JSON schema node as zod prints it and as Kubernetes wants it. */
export interface SchemaNode {
  type?: string;
  description?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  [key: string]: unknown;
}

/**
 * Turns a zod schema into the structural OpenAPI v3 schema of a CustomResourceDefinition.
 * `io: 'input'` leaves out `additionalProperties: false`, which Kubernetes forbids beside `properties`.
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
export function toStructural(schema: z.ZodType): SchemaNode {
  const printed = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', unrepresentable: 'any' });
  return rewrite(printed as SchemaNode, '');
}

/** A union that Kubernetes has no type for: the limits that stand for its type, and the members of its object. */
function rewriteUnion({ description, anyOf, untyped: limits }: SchemaNode, path: string): SchemaNode {
  const object = (anyOf as SchemaNode[]).find(({ type }) => type === 'object');
  if (object === undefined) throw new Error(`${path}: a union without an object`);
  const { additionalProperties: _strict, ...named } = object;
  const { properties } = rewrite(named, path);
  return { ...(description === undefined ? {} : { description }), ...(limits as SchemaNode), properties };
}

function rewrite(node: SchemaNode, path: string): SchemaNode {
  if (isNode(node.untyped)) return rewriteUnion(node, path);
  const { $schema: _schema, ...rest } = node;
  if (INT_OR_STRING_MARK in rest) return intOrString(rest, path);
  refuseAlternatives(rest, path);
  if (isNode(rest.properties) && rest.additionalProperties !== undefined) {
    throw new Error(`${path || 'schema'}: Kubernetes takes either named members or a map, not both`);
  }
  const out: SchemaNode = { ...rest };
  rewriteScalars(out);
  if (isNode(rest.properties)) {
    out.properties = Object.fromEntries(
      Object.entries(rest.properties).map(([name, child]) => [name, rewriteChild(child, `${path}.${name}`)]),
    );
  }
  if (isNode(rest.items)) out.items = rewrite(rest.items, `${path}[]`);
  if (out['x-kubernetes-preserve-unknown-fields']) delete out.additionalProperties;
  else if (isNode(rest.additionalProperties)) {
    out.additionalProperties = rewrite(rest.additionalProperties, `${path}{}`);
  }
  if (typeof out.type !== 'string') throw new Error(`${path}: no type`);
  if (isNode(out.default) && isNode(out.properties)) out.default = expandDefault(out.default, out.properties);
  return out;
}

function refuseAlternatives(node: SchemaNode, path: string): void {
  for (const forbidden of ['$ref', 'oneOf', 'anyOf', 'allOf', 'not']) {
    if (forbidden in node) {
      throw new Error(
        `${path || 'schema'}: ${forbidden} is not structural; use a flat object with CEL rules`,
      );
    }
  }
}

/** Neither has a type of its own here: bounds hold for a number, length and pattern for a text. */
function intOrString({ anyOf, ...rest }: SchemaNode, path: string): SchemaNode {
  const options = Array.isArray(anyOf) ? (anyOf as SchemaNode[]) : [];
  const [number, text] = ['integer', 'string'].map((type) => options.find((each) => each.type === type));
  if (number === undefined || text === undefined || options.length !== 2) {
    throw new Error(`${path}: ${INT_OR_STRING_MARK} goes with an integer and a string`);
  }
  const { type: _integer, ...bounds } = number;
  const { type: _string, ...form } = text;
  return { ...bounds, ...form, ...rest };
}

/**
 * The API server checks rules on a default as it is written, before the defaults of its members are filled in, and
 * refuses the CRD with "no such key". So the default of an object spells out those of its members.
 */
function expandDefault(given: SchemaNode, properties: SchemaNode): SchemaNode {
  const members = Object.entries(properties).flatMap(([name, child]) =>
    isNode(child) && 'default' in child ? [[name, child.default]] : [],
  );
  return { ...Object.fromEntries(members), ...given };
}

function rewriteChild(child: unknown, path: string): SchemaNode {
  if (!isNode(child)) throw new Error(`${path}: not a schema`);
  const out = rewrite(child, path);
  if (typeof out.description !== 'string') {
    throw new Error(`${path}: no description; kubectl explain would be empty`);
  }
  return out;
}

function rewriteScalars(node: SchemaNode): void {
  delete node.propertyNames;
  // What zod itself prints for a date-time spells out the leap years; the format says that to the API server.
  if (node.format === 'date-time' && String(node.pattern).includes('-02-29')) delete node.pattern;
  if (node.type !== 'integer') return;
  const unbounded = node.maximum === undefined || Number(node.maximum) > 2 ** 31 - 1;
  node.format = unbounded ? 'int64' : 'int32';
  if (Number(node.minimum) <= -(2 ** 31)) delete node.minimum;
  if (Number(node.maximum) >= 2 ** 31 - 1) delete node.maximum;
}

function isNode(value: unknown): value is SchemaNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
