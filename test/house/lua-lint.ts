import { type Chunk, type Identifier, type Node, parse } from 'luaparse';

/** The globals that Redis 7 gives to a function library and that ours uses. */
const ALLOWED_GLOBALS: ReadonlySet<string> = new Set([
  ...['redis', 'cjson', 'math', 'string', 'table', 'ipairs', 'tonumber', 'type', 'unpack'],
]);

/** Mistakes in a function library: syntax, globals that Redis does not have or does not let a library set, unused locals. */
export function lintLua(source: string): string[] {
  // Redis reads the first line itself; Lua knows no such comment.
  const text = source.replace(/^#!.*/, '');
  try {
    const chunk = parse(text, { luaVersion: '5.1', scope: true, locations: true });
    return [...unknownGlobals(chunk), ...assignedGlobals(chunk), ...unusedLocals(chunk)];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function unknownGlobals(chunk: Chunk): string[] {
  const { globals = [] } = chunk as Chunk & { readonly globals?: readonly Identifier[] };
  return globals
    .filter(({ name }) => !ALLOWED_GLOBALS.has(name))
    .map((identifier) => `${place(identifier)}: global ${identifier.name} is not allowed`);
}

/** Redis makes the globals of a library read-only; an assignment fails when the library runs. */
function assignedGlobals(chunk: Chunk): string[] {
  return nodesOf(chunk).flatMap((node) => {
    if (node.type === 'FunctionDeclaration' && !node.isLocal && node.identifier?.type === 'Identifier')
      return [`${place(node)}: global function ${node.identifier.name}`];
    if (node.type !== 'AssignmentStatement') return [];
    return node.variables.flatMap((variable) =>
      variable.type === 'Identifier' && !isLocal(variable)
        ? [`${place(variable)}: assignment to global ${variable.name}`]
        : [],
    );
  });
}

/** By name, not by scope: a local that shares its name with a used one is not found. */
function unusedLocals(chunk: Chunk): string[] {
  const nodes = nodesOf(chunk);
  const uses = new Map<string, number>();
  for (const node of nodes)
    if (node.type === 'Identifier') uses.set(node.name, (uses.get(node.name) ?? 0) + 1);
  return nodes
    .flatMap(declaredBy)
    .filter(({ name }) => name !== '_' && uses.get(name) === 1)
    .map((identifier) => `${place(identifier)}: local ${identifier.name} is not used`);
}

function declaredBy(node: Node): Identifier[] {
  if (node.type === 'LocalStatement' || node.type === 'ForGenericStatement') return node.variables;
  if (node.type !== 'FunctionDeclaration') return [];
  const parameters = node.parameters.filter((one) => one.type === 'Identifier');
  return node.isLocal && node.identifier?.type === 'Identifier'
    ? [node.identifier, ...parameters]
    : parameters;
}

function isLocal(identifier: Identifier): boolean {
  return (identifier as Identifier & { readonly isLocal?: boolean }).isLocal === true;
}

function nodesOf(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesOf);
  if (typeof value !== 'object' || value === null) return [];
  const {
    globals: _,
    loc: __,
    ...children
  } = value as { readonly globals?: unknown; readonly loc?: unknown };
  const inside = Object.values(children).flatMap(nodesOf);
  return 'type' in value ? [value as Node, ...inside] : inside;
}

function place(node: Node): string {
  return `line ${node.loc?.start.line ?? '?'}`;
}
