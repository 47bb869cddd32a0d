import { PresenceClient } from '@presence-operator/client';
import { useWedding } from '@presence-operator/client/react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

const { url = '', token = '', wedding = '' } = Object.fromEntries(new URLSearchParams(location.search));
const client = new PresenceClient({ url, token });

function Crew() {
  const { state, members, update } = useWedding(client, wedding, { status: 'on site' });
  return (
    <section aria-busy={state !== 'open'}>
      <ul>{members.map(({ user, name, status }) => <li key={user}>{`${name ?? user}: ${status ?? ''}`}</li>)}</ul>
      <button type="button" onClick={() => void update({ status: 'first dance' })}>First dance</button>
    </section>
  );
}

createRoot(document.body.appendChild(document.createElement('div'))).render(<StrictMode><Crew /></StrictMode>);
