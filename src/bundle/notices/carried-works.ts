/** Others' work inside a published package, which that package's own licence file does not name. */
interface CarriedWork {
  /** Package that has it in its files. */
  readonly inside: string;
  /** What it is called in the notices. */
  readonly name: string;
  readonly licence: string;
  /** Its text, from the root of the checkout. */
  readonly text: string;
}

/** Found by reading the files that bundles take; an entry whose package is in no bundle fails the build. */
export const CARRIED_WORKS: readonly CarriedWork[] = [
  // Its distribution is bundled by Rollup, with its dependencies.
  jsonpathPart('jsep'),
  jsonpathPart('@jsep-plugin/assignment'),
  jsonpathPart('@jsep-plugin/regex'),
  // WebAssembly, compiled from C. The text is that of Node's own LICENSE, which holds the same parser.
  { inside: 'undici', name: 'llhttp', licence: 'MIT', text: 'src/bundle/notices/texts/llhttp.txt' },
];

function jsonpathPart(name: string): CarriedWork {
  return { inside: 'jsonpath-plus', name, licence: 'MIT', text: `node_modules/${name}/LICENSE` };
}
