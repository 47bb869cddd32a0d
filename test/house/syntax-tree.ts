import { parseSync } from '@swc/core';

/** A node of swc's syntax tree, as far as the rules here read it. */
export interface SyntaxNode {
  type?: string;
  [field: string]: unknown;
}

/** swc marks an identifier that no scope of the file declares, so a global, with this context. */
const UNRESOLVED = 1;

/** @param tsx the text is of a `.tsx` file, where `<T>` begins an element */
export function parseTypeScript(text: string, tsx = false): SyntaxNode {
  return parseSync(text, { syntax: 'typescript', tsx, target: 'es2022' }) as unknown as SyntaxNode;
}

/** Every node, parents before children; also the parts without a type, such as the function of a method. */
export function* everyNode(value: unknown): Generator<SyntaxNode> {
  if (Array.isArray(value)) {
    for (const item of value) yield* everyNode(item);
  } else if (typeof value === 'object' && value !== null) {
    yield value as SyntaxNode;
    for (const child of Object.values(value)) yield* everyNode(child);
  }
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string';
}

/** The name of a global that the node reads; undefined for anything that the file itself declares or imports. */
export function globalName(node: unknown): string | undefined {
  if (!isNode(node) || node.type !== 'Identifier' || node.ctxt !== UNRESOLVED) return undefined;
  return String(node.value);
}

export function identifierName(node: unknown): string | undefined {
  return isNode(node) && node.type === 'Identifier' ? String(node.value) : undefined;
}
