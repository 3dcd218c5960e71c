import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Connection } from './api';
import { ConnectionForm } from './ConnectionForm';
import { Dashboard } from './Dashboard';

// Gone with the tab. Never in the address, which browsers remember and servers log.
const STORED = 'connection';

export function App() {
  const client = useQueryClient();
  const [connection, setConnection] = useState<Connection | null>(() =>
    JSON.parse(sessionStorage.getItem(STORED) ?? 'null'),
  );

  function connect(made: Connection) {
    sessionStorage.setItem(STORED, JSON.stringify(made));
    setConnection(made);
  }

  function disconnect() {
    sessionStorage.removeItem(STORED);
    client.clear(); // the next key may be of another workspace
    setConnection(null);
  }

  return connection ? (
    <Dashboard connection={connection} onDisconnect={disconnect} />
  ) : (
    <ConnectionForm onConnect={connect} />
  );
}
