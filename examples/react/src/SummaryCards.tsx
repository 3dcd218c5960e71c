import { METRICS, type Metric, type Totals } from './api';
import { UNKNOWN, whole } from './format';

// Keeps the height of a line while the figure is loading.
const BLANK = '\u00a0';

type Props = { totals: Totals | undefined; chosen: Metric; onChoose: (metric: Metric) => void };

/**
 * The totals of the period, and how they differ from the period before, where that was measured. A click shows that
 * figure in the charts.
 */
export function SummaryCards({ totals, chosen, onChoose }: Props) {
  return (
    <div className="cards" aria-busy={!totals}>
      {(Object.keys(METRICS) as Metric[]).map((metric) => (
        <button key={metric} className="card" aria-pressed={metric === chosen} onClick={() => onChoose(metric)}>
          <span className="muted">{METRICS[metric]}</span>
          <strong>{totals ? whole(totals.totals[metric]) : BLANK}</strong>
          <Change delta={totals?.deltas[metric]} percent={totals?.percent[metric]} />
        </button>
      ))}
    </div>
  );
}

function Change({ delta, percent }: { delta: number | null | undefined; percent: number | null | undefined }) {
  if (delta == null) return <span className="change muted">{delta === null ? UNKNOWN : BLANK}</span>;
  if (delta === 0) return <span className="change muted">± 0</span>;
  const share = percent == null ? '' : ` (${whole(Math.abs(percent))} %)`;
  return (
    <span className={`change ${delta > 0 ? 'up' : 'down'}`}>
      {delta > 0 ? '▲' : '▼'} {whole(Math.abs(delta))}
      {share}
    </span>
  );
}
