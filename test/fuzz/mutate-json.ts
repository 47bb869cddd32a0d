import type { Random } from './random-number.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Values at the edge of what readers expect. */
const EDGES: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  0.5,
  1e308,
  -1e308,
  2 ** 31,
  2 ** 53,
  -(2 ** 63),
  1e21,
  '',
  ' ',
  '0',
  '-1',
  'null',
  '__proto__',
  'constructor',
  '\u0000',
  '\ud800',
  '𝒳'.repeat(40),
  'x'.repeat(300),
  '2027-02-29',
  '2027-13-01',
  '24:00',
  '23:59',
  '9999-12-31',
  '0000-01-01',
  '2027-06-05T12:00:00Z',
  '1ms',
  '-1h',
  '87600h',
  [],
  {},
  [[]],
  [null],
  { a: null },
];

/** A JSON document with one or a few places changed; undefined when the text is none. */
export function mutateJson(text: string, words: readonly string[], random: Random): string | undefined {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
  const holder = { root: value };
  const changes = 1 + Math.floor(random() * 3);
  for (let change = 0; change < changes; change++) changeOne(holder, words, random);
  return JSON.stringify(holder.root);
}

interface Place {
  holder: Json[] | Record<string, Json>;
  key: string;
}

function changeOne(root: Record<string, Json>, words: readonly string[], random: Random): void {
  const places = placesIn(root);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const { holder, key } = pick(places);
  const at = holder as Record<string, Json>;
  const old = at[key] as Json;
  const other = pick(places);
  switch (Math.floor(random() * 7)) {
    case 0:
      at[key] = structuredClone(pick(EDGES));
      return;
    case 1:
      remove(root, holder, key);
      return;
    case 2:
      at[key] = grown(old, pick(words), pick(EDGES), random);
      return;
    case 3:
      at[key] = structuredClone((other.holder as Record<string, Json>)[other.key] as Json);
      return;
    case 4:
      at[key] = typeof old === 'number' ? nearBy(old, random) : pick(words);
      return;
    case 5:
      at[key] = typeof old === 'string' ? changedText(old, random) : String(JSON.stringify(old));
      return;
    default:
      at[key] = [structuredClone(old)];
  }
}

function remove(root: Place['holder'], holder: Place['holder'], key: string): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else if (holder !== root) delete holder[key];
}

/** A list with one element more, an object with one member more; of anything else the word. */
function grown(old: Json, word: string, edge: Json, random: Random): Json {
  if (Array.isArray(old)) return [...old, old[Math.floor(random() * old.length)] ?? edge];
  return typeof old === 'object' && old !== null ? { ...old, [word]: structuredClone(edge) } : word;
}

function nearBy(value: number, random: Random): number {
  const steps = [
    value + 1,
    value - 1,
    -value,
    value * 2,
    value / 2,
    value * 1_000,
    Math.floor(random() * 100),
  ];
  return steps[Math.floor(random() * steps.length)] as number;
}

function changedText(text: string, random: Random): string {
  const at = Math.floor(random() * (text.length + 1));
  const letter = String.fromCharCode(Math.floor(random() * (random() < 0.8 ? 128 : 65_536)));
  return text.slice(0, at) + (random() < 0.3 ? '' : letter) + text.slice(at + (random() < 0.5 ? 1 : 0));
}

/** Every place of a document; a document of the mutator's size is never deep. */
function placesIn(root: Record<string, Json>): Place[] {
  const places: Place[] = [];
  const open: (Json[] | Record<string, Json>)[] = [root];
  for (let holder = open.pop(); holder !== undefined; holder = open.pop()) {
    for (const key of Object.keys(holder)) {
      places.push({ holder, key });
      const value = (holder as Record<string, Json>)[key];
      if (typeof value === 'object' && value !== null) open.push(value);
    }
  }
  return places;
}
