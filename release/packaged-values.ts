/**
 * `values.yaml` of the chart as it is published: the image that was built, by digest. Comments stay.
 *
 * @throws Error when the file has not the lines that are replaced
 */
export function packagedValues(values: string, image: { repository: string; digest: string }): string {
  const block = /^image:\n(?:(?: {2}.*)?\n)+/m.exec(values)?.[0];
  if (block === undefined) throw new Error('values.yaml has no block "image:"');
  const changed = replaced(replaced(block, 'repository', image.repository), 'digest', image.digest);
  return values.replace(block, () => changed);
}

function replaced(block: string, key: string, value: string): string {
  const line = new RegExp(`^ {2}${key}: .*$`, 'm');
  if (!line.test(block)) throw new Error(`values.yaml has no image.${key}`);
  return block.replace(line, () => `  ${key}: ${value}`);
}

/** `Chart.yaml` whose list of images, for Artifact Hub, names the same image. */
export function packagedChart(chart: string, image: string): string {
  return chart.replace(
    /(\n {4}- name: operator\n {6}image: )\S+/,
    (_all, before: string) => `${before}${image}`,
  );
}
