import type { KubeObject } from '../../platform/kube/resource.ts';

/** Null takes an annotation away. */
export type Annotations = Readonly<Record<string, string | null>>;

/** The annotations of an object whose keys begin with one of the prefixes. */
export function prefixedAnnotations(
  { metadata }: KubeObject,
  prefixes: readonly string[],
): Record<string, string> {
  const all = Object.entries(metadata.annotations ?? {});
  return Object.fromEntries(all.filter(([key]) => prefixes.some((prefix) => key.startsWith(prefix))));
}

/** The part of a key after the prefix that it begins with: the name of the object that the annotation is about. */
export function withoutPrefix(key: string, prefixes: readonly string[]): string {
  const prefix = prefixes.find((each) => key.startsWith(each)) ?? '';
  return key.slice(prefix.length);
}

/** Bytes of keys and values, as the API server counts them against its limit; those that are taken away count nothing. */
export function annotationBytes(annotations: Annotations): number {
  const pairs = Object.entries(annotations).filter(([, value]) => value !== null);
  return pairs.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value ?? ''),
    0,
  );
}
