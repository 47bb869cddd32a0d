import { useState } from 'react';
import { enteredToken } from './entered-token.ts';

export interface LoginProps {
  /** Whether the server knows who looks: then rights are missing, and not a token. */
  isKnown: boolean;
  /** Why there is nothing to see, and how to change that. */
  message: string;
  onToken: (token: string) => void;
  /** Asks once more as before: rights may have been granted, or a proxy may know the viewer by now. */
  onRetry: () => void;
}

/** All that a viewer without a token or without rights sees. */
export function Login({ isKnown, message, onToken, onRetry }: LoginProps) {
  const [text, setText] = useState('');
  const [isWrong, setWrong] = useState(false);
  const take = (): void => {
    const token = enteredToken(text);
    setWrong(token === undefined && text.trim() !== '');
    if (token !== undefined) onToken(token);
    else if (text.trim() === '') onRetry();
  };
  return (
    <section className="login" aria-labelledby="login-title">
      <h1 id="login-title">{isKnown ? 'You have no right to look' : 'A token is needed'}</h1>
      <p role="status">{message}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          take();
        }}
      >
        <label>
          {isKnown ? 'Another token' : 'Token'}
          <input
            type="password"
            autoComplete="off"
            spellCheck={false}
            maxLength={16_000}
            value={text}
            aria-invalid={isWrong}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <button type="submit">Look</button>
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      </form>
      {isWrong ? (
        <p role="alert">This is no token: it has letters that no token has. Copy it again.</p>
      ) : null}
      <p className="quiet">A token is kept in this tab only, until you close it.</p>
    </section>
  );
}
