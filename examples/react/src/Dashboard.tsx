import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type Account, type Connection, type Figures, type Metric, type Summary, request } from './api';
import { ExportPanel } from './ExportPanel';
import { day, platformName, WAITING } from './format';
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
    refetchInterval: ({ state }) => state.data?.first_figures_by != null && WAITING,
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
              Connect one with <code>POST /social/connect/{'{platform}'}</code>. Its first figures come within minutes.
            </p>
          </section>
        ) : (
          <>
            <p className="muted period">{summary.data ? period(summary.data, days) : 'Loading …'}</p>
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
            <ExportPanel
              key={`${chosen} ${days}`}
              {...{ connection, days }}
              platform={chosen}
              firstFiguresBy={summary.data && !isKnown(summary.data.totals) ? summary.data.first_figures_by : null}
            />
          </>
        )}
      </main>
    </>
  );
}

function period(summary: Summary, days: number): string {
  const shown = `${day(summary.start)} – ${day(summary.end)}`;
  if (isKnown(summary.deltas)) return `${shown}, compared with the ${days} days before`;
  return isKnown(summary.totals) ? `${shown}. The ${days} days before were not measured.` : shown;
}

function isKnown(figures: Figures): boolean {
  return Object.values(figures).some((figure) => figure !== null);
}

function query(platform: string, days: number): string {
  return new URLSearchParams({ days: String(days), ...(platform && { platform }) }).toString();
}
