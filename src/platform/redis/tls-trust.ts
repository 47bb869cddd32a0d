import { outliveTlsErrors } from './outlive-tls-errors.ts';

/**
 * The `tls` option of ioredis for servers whose addresses change: they are known by one name and by authorities, which may be
 * exchanged. ioredis reads the option whenever it makes a connection, and takes the object over to every node and subscriber, so
 * connections made from then on go by the new ones; open ones stay.
 */
export class TlsTrust {
  /** One object for as long as the client lives. */
  readonly option: { readonly ca: string; readonly servername: string };
  #ca: string;

  /**
   * From now on clients of this process outlive errors of TLS sockets without a listener, see `outliveTlsErrors`.
   * @param ca PEM
   */
  constructor(ca: string, servername: string) {
    outliveTlsErrors();
    this.#ca = ca;
    const current = (): string => this.#ca;
    this.option = {
      servername,
      get ca() {
        return current();
      },
    };
  }

  /** From the next connection on. Gives whether they are other authorities than before. */
  use(ca: string): boolean {
    if (ca === this.#ca) return false;
    this.#ca = ca;
    return true;
  }
}
