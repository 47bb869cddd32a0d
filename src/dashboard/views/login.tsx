import { useState } from 'react';

export interface LoginProps {
  /** Why there is nothing to see, and how to change that. */
  message: string;
  onToken: (token: string) => void;
}

/** All that a viewer without a token sees. */
export function Login({ message, onToken }: LoginProps) {
  const [token, setToken] = useState('');
  return (
    <section className="login" aria-labelledby="login-title">
      <h1 id="login-title">A token is needed</h1>
      <p role="status">{message}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (token.trim() !== '') onToken(token.trim());
        }}
      >
        <label>
          Token
          <input
            type="password"
            autoComplete="off"
            spellCheck={false}
            maxLength={16_000}
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </label>
        <button type="submit">Look</button>
      </form>
      <p className="quiet">It is kept in this tab only, until you close it.</p>
    </section>
  );
}
