import { stringify } from 'yaml';

/** kubectl reads YAML 1.1, where a bare `Off` is false: the writer must quote for it. */
export function toYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, version: '1.1' });
}
