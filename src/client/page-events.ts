interface Target {
  addEventListener?(
    type: string,
    listener: (event: { readonly persisted?: boolean }) => void,
    options: { readonly signal: AbortSignal },
  ): void;
}

/** What a page or a worker has of the global object; Node has nothing of it. */
export interface Page extends Target {
  readonly document?: Target & { readonly visibilityState?: string };
}

/** What a client does when its surroundings change. */
export interface PageHandlers {
  readonly onOffline: () => void;
  readonly onOnline: () => void;
  /** The page is looked at again, or came back out of the cache of the browser. */
  readonly onReturn: () => void;
  /** The page is left, for good as far as it knows. */
  readonly onHide: () => void;
}

/** Listens where there are such events, until the signal. */
export function watchPage(
  handlers: PageHandlers,
  signal: AbortSignal,
  page: Page = globalThis as Page,
): void {
  const { document } = page;
  const listen = (
    target: Target | undefined,
    type: string,
    listener: (event: { readonly persisted?: boolean }) => void,
  ): void => target?.addEventListener?.(type, listener, { signal });
  listen(page, 'offline', handlers.onOffline);
  listen(page, 'online', handlers.onOnline);
  listen(page, 'pagehide', handlers.onHide);
  // `pageshow` comes at each load as well.
  listen(page, 'pageshow', ({ persisted }) => {
    if (persisted) handlers.onReturn();
  });
  listen(document, 'visibilitychange', () => {
    if (document?.visibilityState === 'visible') handlers.onReturn();
  });
}
