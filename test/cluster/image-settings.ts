/** Instructions that set something of the image rather than put files into it. */
const SETTINGS = /^(ENV|USER|WORKDIR|ENTRYPOINT|CMD|LABEL)\s/;

/**
 * What the last stage of a Dockerfile sets, one instruction a line, with the values of its arguments in place: the words
 * in which `docker import` and a Dockerfile take it.
 */
export function imageSettings(dockerfile: string, given: Readonly<Record<string, string>>): string[] {
  const lines = dockerfile
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n');
  const stage = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')) + 1);
  const values = new Map<string, string>();
  for (const line of stage) {
    const [, name, preset] = /^ARG\s+(\w+)(?:=(.*))?$/.exec(line) ?? [];
    if (name !== undefined) values.set(name, given[name] ?? preset ?? '');
  }
  return stage
    .filter((line) => SETTINGS.test(line))
    .map((line) =>
      line.replace(/\$(\w+)/g, (_variable, name: string) => {
        const value = values.get(name);
        if (value === undefined) throw new Error(`the Dockerfile has no ARG ${name} before "${line}"`);
        return value;
      }),
    );
}

/** Labels are made anew with each image of ours; all else belongs to its base. */
export function isLabel(setting: string): boolean {
  return setting.startsWith('LABEL ');
}
