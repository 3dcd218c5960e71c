import { useState } from 'react';
import type { Connection } from './api';

export function ConnectionForm({ onConnect }: { onConnect: (made: Connection) => void }) {
  const [url, setUrl] = useState('http://127.0.0.1:8000');
  const [key, setKey] = useState('');
  return (
    <main className="connection">
      <form
        className="panel"
        method="post" // so that no browser puts the key into the address, even without the script
        onSubmit={(event) => {
          event.preventDefault();
          onConnect({ url: url.trim().replace(/\/+$/, ''), key: key.trim() });
        }}
      >
        <h1>Analytics</h1>
        <p className="muted">The figures of your connected accounts.</p>
        <label>
          API address
          <input type="url" required value={url} onChange={(event) => setUrl(event.target.value)} />
        </label>
        <label>
          API key
          <input
            type="password"
            required
            autoComplete="off"
            placeholder="sk_…"
            value={key}
            onChange={(event) => setKey(event.target.value)}
          />
        </label>
        <button className="primary">Show the figures</button>
        <p className="muted small">The key stays in this tab, and is forgotten with it.</p>
      </form>
    </main>
  );
}
