import type { ImageConfig } from './image-config.ts';

/** An image as its archive has it. */
export interface ImageContent {
  readonly config: ImageConfig;
  /** Paths of all files, without a slash at the start. */
  readonly files: readonly string[];
}

const PREFIX = 'org.opencontainers.image';
/** Labels that say the same in every build. */
const LABELS = ['title', 'description', 'licenses'];
/** Programs and texts without which the image must not be passed on. */
const FILES = [
  'app/operator.js',
  'app/presence.js',
  'app/feed-worker.js',
  'licenses/LICENSE',
  'licenses/THIRD-PARTY-NOTICES.txt',
  'licenses/node/LICENSE',
  'usr/local/bin/node',
  'usr/share/doc/libc6/copyright',
];

/** What is wrong with an image of ours; a line each. `commit` is empty where there is no repository. */
export function imageOffences(
  { config, files }: ImageContent,
  { version, revision }: { version: string; revision: string },
): string[] {
  const labels = config.config.Labels ?? {};
  const label = (name: string): string => labels[`${PREFIX}.${name}`] ?? '';
  const present = new Set(files);
  return [
    ...files
      .filter((name) => name.startsWith('app/') && name.endsWith('.map'))
      .map((name) => `${name} is a source map`),
    ...FILES.filter((name) => !present.has(name)).map((name) => `${name} is not there`),
    ...LABELS.filter((name) => label(name) === '').map((name) => `label ${PREFIX}.${name} is empty`),
    ...(label('version') === version
      ? []
      : [`label ${PREFIX}.version is "${label('version')}", not ${version}`]),
    ...(label('revision') === revision
      ? []
      : [`label ${PREFIX}.revision is "${label('revision')}", not ${revision}`]),
    ...(/^[1-9]\d*(:\d+)?$/.test(config.config.User ?? '') ? [] : ['its user is root, or has no number']),
  ];
}
