import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type SchemaNode, toStructural } from './structural.ts';

/** The printed form of one field. */
function field(schema: z.ZodType): SchemaNode {
  const { properties } = toStructural(z.object({ field: schema })) as { properties: { field: SchemaNode } };
  return properties.field;
}

describe('an object', () => {
  it('says nothing of further members, which Kubernetes forbids beside properties', () => {
    expect(toStructural(z.object({ a: z.string().describe('A.') }))).toEqual({
      type: 'object',
      properties: { a: { type: 'string', description: 'A.' } },
      required: ['a'],
    });
  });

  it('requires what has neither a default nor leave to be absent', () => {
    const schema = z.object({
      must: z.string().describe('Must.'),
      may: z.string().optional().describe('May.'),
      has: z.string().default('x').describe('Has.'),
    });
    expect(toStructural(schema)).toMatchObject({ required: ['must'] });
  });

  it('keeps the schema behind a step that prepares its input', () => {
    const schema = z.object({ a: z.string().describe('A.') });
    expect(toStructural(z.preprocess((value) => value, schema))).toEqual(toStructural(schema));
  });

  it('wants a description of every member, at any depth', () => {
    const nested = z.array(z.object({ silent: z.string() })).describe('List.');
    expect(() => field(nested)).toThrow('.field[].silent: no description');
  });
});

describe('a whole number', () => {
  it('of 32 bits keeps its own bounds and loses those of the type', () => {
    expect(field(z.int32().min(3).max(90).describe('N.'))).toEqual({
      type: 'integer',
      format: 'int32',
      minimum: 3,
      maximum: 90,
      description: 'N.',
    });
    expect(field(z.int32().describe('N.'))).toEqual({ type: 'integer', format: 'int32', description: 'N.' });
    expect(field(z.int32().min(0).describe('N.'))).toEqual({
      type: 'integer',
      format: 'int32',
      minimum: 0,
      description: 'N.',
    });
  });

  it('without bounds is of 64 bits, and carries none of those that JavaScript has', () => {
    expect(field(z.int().describe('N.'))).toEqual({ type: 'integer', format: 'int64', description: 'N.' });
  });
});

describe('a number', () => {
  it('says above as OpenAPI 3.0 does: a minimum that is excluded', () => {
    expect(field(z.number().gt(0).max(100).describe('F.'))).toEqual({
      type: 'number',
      minimum: 0,
      exclusiveMinimum: true,
      maximum: 100,
      description: 'F.',
    });
  });
});

describe('a date-time', () => {
  it('keeps the format, and not the page of leap years that zod prints', () => {
    const printed = { type: 'string', format: 'date-time', description: 'T.' };
    expect(field(z.iso.datetime().describe('T.'))).toEqual(printed);
    expect(field(z.iso.datetime({ offset: true }).describe('T.'))).toEqual(printed);
  });

  it('keeps a pattern of its own', () => {
    expect(field(z.iso.datetime().meta({ pattern: 'Z$' }).describe('T.'))).toMatchObject({ pattern: 'Z$' });
  });
});

describe('a map', () => {
  it('has the schema of its values, and none of its keys', () => {
    const map = z
      .record(z.string().max(2), z.int32().min(1).max(9))
      .meta({ maxProperties: 3 })
      .describe('M.');
    expect(field(map)).toEqual({
      type: 'object',
      additionalProperties: { type: 'integer', format: 'int32', minimum: 1, maximum: 9 },
      maxProperties: 3,
      description: 'M.',
    });
  });

  it('of anything keeps unknown fields', () => {
    const map = z
      .record(z.string(), z.unknown())
      .meta({ 'x-kubernetes-preserve-unknown-fields': true })
      .describe('M.');
    expect(field(map)).toEqual({
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      description: 'M.',
    });
  });
});

describe('a union that Kubernetes has no type for', () => {
  const limits = { 'x-kubernetes-preserve-unknown-fields': true, maxLength: 0 };

  it('has its limits and the members of its object, and no type', () => {
    const union = z
      .union([z.boolean(), z.looseObject({ a: z.boolean().describe('A.') })])
      .meta({ untyped: limits })
      .describe('U.');
    expect(field(union)).toEqual({
      description: 'U.',
      ...limits,
      properties: { a: { type: 'boolean', description: 'A.' } },
    });
  });

  it('without an object is refused', () => {
    const union = z.union([z.boolean(), z.string()]).meta({ untyped: limits }).describe('U.');
    expect(() => field(union)).toThrow('a union without an object');
  });
});

describe('what Kubernetes reads beside the schema', () => {
  it('is kept: list types and rules', () => {
    const list = z
      .array(z.enum(['A', 'B']))
      .max(2)
      .meta({ 'x-kubernetes-list-type': 'set', 'x-kubernetes-validations': [{ rule: 'true', message: 'm' }] })
      .describe('L.');
    expect(field(list)).toEqual({
      type: 'array',
      maxItems: 2,
      items: { type: 'string', enum: ['A', 'B'] },
      'x-kubernetes-list-type': 'set',
      'x-kubernetes-validations': [{ rule: 'true', message: 'm' }],
      description: 'L.',
    });
  });

  it('is null only where the schema says so', () => {
    expect(field(z.string().nullable().describe('S.'))).toMatchObject({ type: 'string', nullable: true });
  });
});

describe('the default of an object', () => {
  const inner = z.object({
    a: z.int32().default(1).describe('A.'),
    b: z.string().optional().describe('B.'),
    deeper: z
      .object({ c: z.string().default('x').describe('C.') })
      .prefault({})
      .describe('D.'),
  });

  it('spells out the defaults of its members, at any depth', () => {
    expect(field(inner.prefault({}).describe('I.')).default).toEqual({ a: 1, deeper: { c: 'x' } });
  });

  it('lets what it says itself win', () => {
    expect(field(inner.prefault({ a: 5 }).describe('I.')).default).toEqual({ a: 5, deeper: { c: 'x' } });
  });

  it('is what zod fills in', () => {
    const outer = z.object({ field: inner.prefault({}).describe('I.') });
    expect(field(inner.prefault({}).describe('I.')).default).toEqual(outer.parse({}).field);
  });
});

describe('a schema that is not structural', () => {
  it.each([
    { says: 'a union', schema: z.union([z.int32(), z.string()]), names: '.field: anyOf' },
    {
      says: 'a discriminated union',
      schema: z.discriminatedUnion('type', [
        z.object({ type: z.literal('a') }),
        z.object({ type: z.literal('b') }),
      ]),
      names: '.field: (oneOf|anyOf)',
    },
    {
      says: 'an intersection',
      schema: z.intersection(z.object({ a: z.string() }), z.record(z.string(), z.string())),
      names: '.field: Kubernetes takes either',
    },
    { says: 'members and any others', schema: z.looseObject({}), names: '.field: Kubernetes takes either' },
    { says: 'members and no others', schema: z.strictObject({}), names: '.field: Kubernetes takes either' },
    { says: 'two patterns', schema: z.string().regex(/a/).regex(/b/), names: '.field: allOf' },
    { says: 'anything', schema: z.unknown(), names: '.field: no type' },
    { says: 'a list of anything', schema: z.array(z.unknown()), names: '.field\\[\\]: no type' },
  ])('is refused by name: $says', ({ schema, names }) => {
    expect(() => field(schema.describe('X.'))).toThrow(new RegExp(names));
  });

  it('is refused when it contains itself', () => {
    interface Tree {
      children: Tree[];
    }
    const tree: z.ZodType<Tree> = z.lazy(() => z.object({ children: z.array(tree).describe('Children.') }));
    expect(() => field(tree.describe('Tree.'))).toThrow(/(allOf|\$ref) is not structural/);
  });
});
