import type { IncomingMessage } from 'node:http';

/** Which namespaces a viewer may see. Two sights with the same key show the same. */
export interface Sight {
  readonly key: string;
  sees(namespace: string): boolean;
}

/** Everything that the server itself reads. No namespace has the name of its key. */
export const EVERYTHING: Sight = { key: '*', sees: () => true };

/** A user of the page. */
export interface Viewer {
  /** Limits count for each. */
  id: string;
  sight: Sight;
}

/** Decides who may look. */
export interface Gate {
  /**
   * Called for every request of data, and again now and then while a stream is open.
   *
   * @throws {Refusal} 401 or 403 when the viewer may see nothing; 503 when the API server cannot be asked
   */
  admit(request: IncomingMessage): Promise<Viewer>;
}
