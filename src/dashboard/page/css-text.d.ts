/** esbuild brings a style sheet as its text. */
declare module '*.css' {
  export const text: string;
  // biome-ignore lint/style/noDefaultExport: the loader of esbuild exports a text so.
  export default text;
}
