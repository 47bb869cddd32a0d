/**
 * Takes the place of the package `tar-fs` in bundles. client-node needs it to copy files into pods and out of them, which no program
 * of ours does. Without it and what it needs the bundle of the operator is smaller.
 */
// biome-ignore lint/style/noDefaultExport: the package has one
export default {};
