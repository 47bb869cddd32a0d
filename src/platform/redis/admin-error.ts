/**
 * Why a node could not be asked.
 * `Unreachable`: no connection. `Timeout`: connected, but no answer in time, so the command may still take effect.
 * `Refused`: the server answered with an error.
 */
export type RedisAdminErrorKind = 'Unreachable' | 'Timeout' | 'Refused';

/** The only error that `RedisAdmin` rejects with. The message is one sentence without the endpoint. */
export class RedisAdminError extends Error {
  override readonly name = 'RedisAdminError';
  readonly kind: RedisAdminErrorKind;

  constructor(kind: RedisAdminErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
