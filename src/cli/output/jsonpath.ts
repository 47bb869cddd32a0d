import { WrongUse } from '../context/failure.ts';

type Step = { key: string } | { index: number } | 'all';
type Part = { text: string } | { path: Step[] };

const STEP = /\.([A-Za-z_][A-Za-z0-9_-]*)|\['([^']+)'\]|\[(-?\d+)\]|(\[\*\]|\.\*)/y;

/**
 * A template as `kubectl -o jsonpath=` has it: `{.desired} of {.shards[*].primary}`. Fields, indices, `[*]`, and texts in
 * quotes (`{"\n"}`) are known; ranges and filters are not.
 *
 * @throws {WrongUse} when the template is none
 */
export function compileJsonPath(template: string): (data: unknown) => string {
  const parts = parse(template);
  return (data) => parts.map((part) => ('text' in part ? part.text : valuesAt(data, part.path))).join('');
}

function parse(template: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  while (at < template.length) {
    const open = template.indexOf('{', at);
    if (open < 0 || open > at) parts.push({ text: template.slice(at, open < 0 ? undefined : open) });
    if (open < 0) break;
    const close = template.indexOf('}', open);
    if (close < 0) throw new WrongUse(`-o jsonpath: "{" without "}" in ${template}`);
    parts.push(expression(template.slice(open + 1, close).trim()));
    at = close + 1;
  }
  return parts;
}

function expression(text: string): Part {
  const quoted = /^"(.*)"$|^'(.*)'$/s.exec(text);
  if (quoted !== null) {
    const raw = quoted[1] ?? quoted[2] ?? '';
    return { text: raw.replaceAll('\\n', '\n').replaceAll('\\t', '\t') };
  }
  const source = text.startsWith('$') ? text.slice(1) : text;
  const path: Step[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < source.length && source !== '.') {
    const found = STEP.exec(source);
    if (found === null) {
      throw new WrongUse(
        `-o jsonpath: {${text}} is not understood; known are fields ({.floor}), indices ([0]), [*] and texts ({"\\n"})`,
      );
    }
    const [, field, quotedField, index] = found;
    const key = field ?? quotedField;
    path.push(key !== undefined ? { key } : index !== undefined ? { index: Number(index) } : 'all');
  }
  return { path };
}

/** All values at a path, apart by a blank; nothing where there is none. */
function valuesAt(data: unknown, path: readonly Step[]): string {
  let values: unknown[] = [data];
  for (const step of path) values = values.flatMap((value) => next(value, step));
  return values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' ');
}

function next(value: unknown, step: Step): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (step === 'all') return Object.values(value);
  const found =
    'index' in step
      ? Array.isArray(value)
        ? value.at(step.index)
        : undefined
      : Object.hasOwn(value, step.key)
        ? (value as Record<string, unknown>)[step.key]
        : undefined;
  return found === undefined ? [] : [found];
}
