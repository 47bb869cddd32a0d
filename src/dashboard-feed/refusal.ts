/** An answer that is no success: an HTTP status and a sentence for the viewer. */
export class Refusal extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}
