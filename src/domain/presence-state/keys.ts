/** Every key of a wedding has this hash tag, so all of them are in one slot. */
const tagged = (wedding: string, part: string): string => `pr:{w:${wedding}}:${part}`;

/** The sharded channel on which the changes of a wedding are published. */
export function weddingChannel(wedding: string): string {
  return tagged(wedding, 'ch');
}

/** The stream of joins and leaves. */
export function historyKey(wedding: string): string {
  return tagged(wedding, 'h');
}

/** The KEYS of every presence function, in the order the library declares. */
export function weddingKeys(wedding: string): readonly string[] {
  return [
    tagged(wedding, 'c'),
    tagged(wedding, 'p'),
    tagged(wedding, 'g'),
    tagged(wedding, 'm'),
    weddingChannel(wedding),
    historyKey(wedding),
    tagged(wedding, 'x'),
  ];
}
