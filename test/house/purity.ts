import {
  everyNode,
  globalName,
  identifierName,
  isNode,
  parseTypeScript,
  type SyntaxNode,
} from './syntax-tree.ts';

/** Globals that are I/O, a timer, chance or the machine; and what waits for another. */
const IMPURE_GLOBALS = new Set([
  ...['process', 'global', 'globalThis', 'performance', 'console', 'fetch', 'crypto', 'navigator'],
  ...[
    'setTimeout',
    'setInterval',
    'setImmediate',
    'queueMicrotask',
    'Promise',
    'require',
    'eval',
    'Function',
  ],
]);

/** Functions of date-fns that look at the clock. */
const CLOCK_FUNCTION =
  /^(is(Today|Tomorrow|Yesterday|Past|Future|This[A-Z]\w*)|(start|end)Of(Today|Tomorrow|Yesterday)|\w+ToNow(Strict)?|constructNow)$/;

/** Why a text is not pure: one line an offence, none when it is. Time, chance and the world must be arguments. */
export function impurities(text: string): string[] {
  const tree = parseTypeScript(text);
  const found = [...moduleState(tree)];
  for (const node of everyNode(tree)) {
    const offence = asynchrony(node) ?? impureGlobal(node) ?? clockCall(node) ?? clockImport(node);
    if (offence !== undefined) found.push(offence);
  }
  return found;
}

/** Globals that know the time, or wait for it. */
const CLOCK_GLOBALS = new Set(['setTimeout', 'setInterval', 'performance']);

/** Where a text reads a clock or sets a timer of the machine: one line an offence. */
export function clockUses(text: string): string[] {
  const found: string[] = [];
  for (const node of everyNode(parseTypeScript(text))) {
    const name = globalName(node);
    const offence =
      name !== undefined && CLOCK_GLOBALS.has(name) ? name : (clockCall(node) ?? clockImport(node));
    // Chance is not time.
    if (offence !== undefined && offence !== 'Math.random') found.push(offence);
  }
  return found;
}

/** A `let` of the module is a singleton. */
function moduleState(tree: SyntaxNode): string[] {
  return (tree.body as SyntaxNode[])
    .map((statement) => (isNode(statement.declaration) ? statement.declaration : statement))
    .filter((statement) => statement.type === 'VariableDeclaration' && statement.kind !== 'const')
    .map(() => 'state of the module (let or var)');
}

function asynchrony(node: SyntaxNode): string | undefined {
  if (node.async === true) return 'async function';
  if (node.type === 'AwaitExpression' || node.await === true) return 'await';
  if (node.type === 'CallExpression' && isNode(node.callee) && node.callee.type === 'Import')
    return 'import()';
  return undefined;
}

function impureGlobal(node: SyntaxNode): string | undefined {
  const name = globalName(node);
  return name !== undefined && IMPURE_GLOBALS.has(name) ? name : undefined;
}

function clockCall(node: SyntaxNode): string | undefined {
  if (node.type === 'MemberExpression') return memberOfGlobal(node);
  const called = node.callee;
  const given = (node.arguments as unknown[] | null | undefined)?.length ?? 0;
  if (node.type === 'NewExpression') {
    if (globalName(called) === 'Date' && given === 0) return 'new Date()';
    return identifierName(called) === 'TZDate' && given === 0 ? 'new TZDate()' : undefined;
  }
  if (node.type !== 'CallExpression') return undefined;
  if (globalName(called) === 'Date') return 'Date()';
  return isTzOfNow(called) && given === 1 ? 'TZDate.tz(zone) without a time' : undefined;
}

function memberOfGlobal(node: SyntaxNode): string | undefined {
  const member = memberName(node.property);
  const name = globalName(node.object);
  if (name === 'Date' && member === 'now') return 'Date.now';
  if (name === 'Temporal' && member === 'Now') return 'Temporal.Now';
  if (name === 'AbortSignal' && member === 'timeout') return 'AbortSignal.timeout';
  return name === 'Math' && member === 'random' ? 'Math.random' : undefined;
}

/** `now` of `Date.now` and of `Date['now']`. */
function memberName(property: unknown): string | undefined {
  if (isNode(property) && property.type === 'Computed') {
    const key = property.expression;
    return isNode(key) && key.type === 'StringLiteral' ? String(key.value) : undefined;
  }
  return identifierName(property);
}

function isTzOfNow(called: unknown): boolean {
  if (!isNode(called) || called.type !== 'MemberExpression') return false;
  return identifierName(called.object) === 'TZDate' && memberName(called.property) === 'tz';
}

function clockImport(node: SyntaxNode): string | undefined {
  if (node.type !== 'ImportSpecifier') return undefined;
  const name = identifierName(node.imported) ?? identifierName(node.local) ?? '';
  return CLOCK_FUNCTION.test(name) ? `${name} reads the clock` : undefined;
}
