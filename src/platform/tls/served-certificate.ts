import type { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';

export interface ServedCertificateOptions {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}

/**
 * Makes a connection, reads the certificate that the server presents now, without checking its issuer, and closes it again. An
 * open connection only has the certificate that was served when it was made.
 *
 * @throws Error when there is no handshake in time
 */
export function servedCertificate({
  host,
  port,
  timeoutMs,
}: ServedCertificateOptions): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    // Nothing is sent or believed: whether it is the right certificate is the question.
    const socket = connect({ host, port, rejectUnauthorized: false });
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(timeoutMs, () => fail(new Error('no TLS handshake in time')));
    socket.once('error', fail);
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      if (certificate === undefined) reject(new Error('the server shows no certificate'));
      else resolve(certificate);
    });
  });
}
