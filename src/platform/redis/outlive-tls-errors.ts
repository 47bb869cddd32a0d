import connectors from 'ioredis/built/connectors/index.js';

type Connector = InstanceType<typeof connectors.StandaloneConnector>;
type Connect = (
  this: Connector,
  ...args: Parameters<Connector['connect']>
) => ReturnType<Connector['connect']>;

let isDone = false;

/**
 * ioredis 6.0 listens once for an error of a socket, which is right for TCP. A TLS socket may emit a second one, such as an alert
 * of a server that has closed the connection already; it has no listener then, and the process ends. Connections that are made
 * from now on survive that. ioredis makes connections of its own for subscriptions and refreshes, so what makes them is the one place.
 */
export function outliveTlsErrors(): void {
  if (isDone) return;
  isDone = true;
  const { prototype } = connectors.StandaloneConnector;
  const connect = Object.getOwnPropertyDescriptor(prototype, 'connect')?.value as Connect;
  prototype.connect = async function (emitter) {
    const stream = await connect.call(this, emitter);
    // The listeners of ioredis get the first error; later ones say nothing new.
    stream.on('error', () => {});
    return stream;
  };
}
