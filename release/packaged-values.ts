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

/**
 * `Chart.yaml` as it is published: Artifact Hub is told the images of the values, and where the sources are.
 *
 * @param images name in the annotation to image
 * @param source address of the repository; empty when it is not known
 */
export function packagedChart(
  chart: string,
  images: Readonly<Record<string, string>>,
  source: string,
): string {
  let text = chart;
  for (const [name, image] of Object.entries(images)) {
    const entry = new RegExp(`(\\n {4}- name: ${name}\\n {6}image: )\\S+`);
    text = text.replace(entry, (_all, before: string) => `${before}${image}`);
  }
  return source === '' ? text : text.replace(/^(type: .*)$/m, `$1\nhome: ${source}\nsources:\n  - ${source}`);
}
