import { CLIENT_PROMISES } from './client/promises.ts';
import { SERVER_PROMISES } from './server/promises.ts';

const table = (rows: readonly { readonly id: string; readonly promise: string }[]): string =>
  ['| test | promise |', '|---|---|', ...rows.map(({ id, promise }) => `| \`${id}\` | ${promise} |`)].join(
    '\n',
  );

/** The section of docs/protocol.md that names the test of each promise. */
export function conformanceSection(): string {
  return `## Conformance

The promises of this page are a suite that needs a socket and nothing else of a server or a client. Against a server it takes its URL and
the file of its signing key; the server has its default limits:

\`\`\`sh
npm run conformance -- ws://127.0.0.1:8080/v1/presence out/presence/signing-key
\`\`\`

Against a client it takes the command that starts it, once for each test. The client finds in its environment \`PRESENCE_URL\`,
\`PRESENCE_TOKEN\`, \`PRESENCE_WEDDING\` and \`PRESENCE_STATUS\`, joins, and prints a line of JSON after each change of what it shows:
\`{"epoch": "e1", "seq": 10, "members": {"bob": "here"}}\`, with the \`status\` of each user, or \`null\`.

\`\`\`sh
npm run conformance -- client python3 examples/python/presence.py
\`\`\`

\`examples/python/presence.py\` is a client that was written from this page. Our server, our client and that one pass.

### Tests of a server

${table(SERVER_PROMISES)}

### Tests of a client

${table(CLIENT_PROMISES)}
`;
}
