// `helm test` runs this in the operator image: one client joins a wedding of its own and leaves it again.
// Node's own WebSocket and crypto only, because the image has no other packages.
import { createHmac } from 'node:crypto';

const { PRESENCE_URL, TOKEN_SECRET, SECRET_NAME, LIMIT_SECONDS } = process.env;
const WEDDING = 'helm-test';
const RETRY_MS = 1_000;
const SILENCE_MS = 10_000;
const TOKEN_SECONDS = 300;

if (!TOKEN_SECRET) {
  console.error(
    `Secret ${SECRET_NAME} has no key "secret". Does the PresenceCluster exist? See the chart value tests.presenceCluster.`,
  );
  process.exit(1);
}

/** A JWT (RFC 7519) signed with HS256, with the claims of docs/protocol.md. */
function token() {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1_000) + TOKEN_SECONDS;
  const claims = { sub: 'helm-test', role: 'other', weddings: [WEDDING], exp };
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', TOKEN_SECRET).update(signed).digest('base64url')}`;
}

/** Resolves when the server has confirmed that this client joined, and then that it left. */
function joinAndLeave() {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${PRESENCE_URL}?access_token=${token()}`);
    const silence = setTimeout(() => fail(`no answer within ${SILENCE_MS / 1_000} s`), SILENCE_MS);
    const finish = (settle, value) => {
      clearTimeout(silence);
      socket.close();
      settle(value);
    };
    const fail = (reason) => finish(reject, new Error(reason));
    const send = (message) => socket.send(JSON.stringify(message));
    socket.onerror = () => fail('cannot connect');
    socket.onclose = ({ code }) => fail(`connection closed with code ${code}`);
    socket.onopen = () => send({ type: 'join', id: 'join', wedding: WEDDING, status: 'helm test' });
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === 'error') fail(`${message.code}: ${message.message}`);
      if (message.type === 'snapshot' && message.id === 'join') {
        if (!message.members.some(({ user }) => user === 'helm-test')) fail('the client is not in the snapshot');
        else send({ type: 'leave', id: 'leave', wedding: WEDDING });
      }
      if (message.type === 'ack' && message.id === 'leave') finish(resolve);
    };
  });
}

const giveUp = Date.now() + Number(LIMIT_SECONDS) * 1_000;
for (;;) {
  try {
    await joinAndLeave();
    console.log(`A client joined and left a wedding at ${PRESENCE_URL}`);
    process.exit(0);
  } catch (error) {
    if (Date.now() > giveUp) {
      console.error(`No client could join at ${PRESENCE_URL} within ${LIMIT_SECONDS} s: ${error.message}`);
      process.exit(1);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
