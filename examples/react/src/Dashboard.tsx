import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type Account, type Connection, type Metric, type Summary, request } from './api';
import { ExportPanel } from './ExportPanel';
import { day, platformName } from './format';
import { PlatformChart } from './PlatformChart';
import { Problem } from './Problem';
import { SummaryCards } from './SummaryCards';

const PERIODS = [7, 30, 90, 365];

export function Dashboard({ connection, onDisconnect }: { connection: Connection; onDisconnect: () => void }) {
  const [chosen, setPlatform] = useState(''); // all
  const [days, setDays] = useState(30);
  const [metric, setMetric] = useState<Metric>('views');
  const accounts = useQuery({
    queryKey: ['accounts'],
    queryFn: ({ signal }) => request<Account[]>(connection, '/social/accounts?limit=200', { signal }),
  });
  const summary = useQuery({
    queryKey: ['summary', chosen, days],
    queryFn: ({ signal }) =>
      request<Summary>(connection, `/analytics/social/summary?${query(chosen, days)}`, { signal }),
  });
  const connected = [...new Set(accounts.data?.map((account) => account.platform))].sort();
  const handles = (platform: string) =>
    accounts.data?.filter((account) => account.platform === platform).map((account) => account.handle);
  const error = accounts.error ?? summary.error;

  return (
    <>
      <header>
        <h1>Analytics</h1>
        <select aria-label="Platform" value={chosen} onChange={(event) => setPlatform(event.target.value)}>
          <option value="">All platforms</option>
          {connected.map((platform) => (
            <option key={platform} value={platform}>
              {platformName(platform)}
            </option>
          ))}
        </select>
        <select aria-label="Period" value={days} onChange={(event) => setDays(Number(event.target.value))}>
          {PERIODS.map((period) => (
            <option key={period} value={period}>
              {period} days
            </option>
          ))}
        </select>
        <button className="quiet" onClick={onDisconnect}>
          Change key
        </button>
      </header>
      <main>
        {error ? (
          <Problem error={error} />
        ) : accounts.data?.length === 0 ? (
          <section className="panel empty">
            <h2>No account is connected</h2>
            <p className="muted">
              Connect one with <code>POST /social/connect/{'{platform}'}</code>. Its figures come with the next reading.
            </p>
          </section>
        ) : (
          <>
            <p className="muted period">
              {summary.data
                ? `${day(summary.data.start)} – ${day(summary.data.end)}, compared with the ${days} days before`
                : 'Loading …'}
            </p>
            <SummaryCards totals={summary.data} chosen={metric} onChoose={setMetric} />
            <div className="charts">
              {(chosen ? [chosen] : connected).map((platform) => (
                <PlatformChart
                  key={platform}
                  {...{ connection, platform, days, metric }}
                  handles={handles(platform) ?? []}
                />
              ))}
            </div>
            <ExportPanel key={`${chosen} ${days}`} {...{ connection, days }} platform={chosen} />
          </>
        )}
      </main>
    </>
  );
}

function query(platform: string, days: number): string {
  return new URLSearchParams({ days: String(days), ...(platform && { platform }) }).toString();
}
