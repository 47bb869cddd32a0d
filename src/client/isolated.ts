/** Runs code of the application. What it throws goes to the page's `error` event, or the console, and stops nothing of the client. */
export function isolated(run: () => void): void {
  try {
    run();
  } catch (error) {
    const { reportError } = globalThis as { readonly reportError?: (error: unknown) => void };
    // biome-ignore lint/suspicious/noConsole: Node has no reportError, and an error of the application must be seen.
    (reportError ?? console.error)(error);
  }
}
