/** Our client, as the suite starts it: what to join is in the environment, and each change of the view is a line of JSON. */
import { PresenceClient } from '../../../src/client/index.ts';

const { PRESENCE_URL = '', PRESENCE_TOKEN = '', PRESENCE_WEDDING = '', PRESENCE_STATUS = '' } = process.env;
const client = new PresenceClient({ url: PRESENCE_URL, token: PRESENCE_TOKEN });
const wedding = client.wedding(PRESENCE_WEDDING, { status: PRESENCE_STATUS });
let last = '';
wedding.subscribe(() => {
  const members = wedding.getSnapshot().members.map(({ user, status = null }) => [user, status]);
  const line = JSON.stringify({ ...wedding.position, members: Object.fromEntries(members) });
  if (line !== last) console.log(line);
  last = line;
});
