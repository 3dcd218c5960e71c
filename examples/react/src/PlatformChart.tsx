import { useQuery } from '@tanstack/react-query';
import { Area, AreaChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { type Connection, type Day, METRICS, type Metric, request } from './api';
import { day, platformName, short, time, WAITING, weekday, whole } from './format';
import { Problem } from './Problem';

const AXIS = { tick: { fill: 'var(--muted)' }, tickLine: false, axisLine: false };

type Props = { connection: Connection; platform: string; handles: string[]; days: number; metric: Metric };

/** A figure of a platform by day. What is not known is a gap; a single day is a dot with its value. */
export function PlatformChart({ connection, platform, handles, days, metric }: Props) {
  const rows = useQuery({
    queryKey: ['figures', platform, days],
    queryFn: ({ signal }) =>
      request<Day[]>(connection, `/analytics/social?platform=${platform}&days=${days}`, { signal }),
    refetchInterval: ({ state }) => firstFiguresBy(state.data) !== null && WAITING,
  });
  return (
    <section className="panel chart" aria-busy={rows.isPending} data-platform={platform}>
      <h2>
        {platformName(platform)} <span className="muted">{handles.join(', ')}</span>
      </h2>
      {rows.isPending ? (
        <div className="plot skeleton" />
      ) : rows.error ? (
        <Problem error={rows.error} />
      ) : firstFiguresBy(rows.data) ? (
        <p className="plot empty">
          <strong>First figures by {time(firstFiguresBy(rows.data)!)}</strong>
          <span className="muted">They appear here by themselves.</span>
        </p>
      ) : rows.data.every((row) => row[metric] === null) ? (
        <p className="plot empty muted">
          Nothing is known of these days. Accounts are read every six hours, and {platformName(platform)} does not tell
          every figure.
        </p>
      ) : (
        <div className="plot">
          <ResponsiveContainer>
            <AreaChart data={rows.data} margin={{ top: 8, right: 12, bottom: 0, left: 0 }}>
              <CartesianGrid vertical={false} stroke="var(--line)" />
              <XAxis dataKey="date" tickFormatter={day} minTickGap={40} height={24} {...AXIS} />
              <YAxis tickFormatter={short} width={48} allowDecimals={false} {...AXIS} />
              <Tooltip
                labelFormatter={(date) => weekday(String(date))}
                formatter={(value) => whole(value as number | null)}
                filterNull={false}
                separator=": "
              />
              <Area
                dataKey={metric}
                name={METRICS[metric]}
                type="monotone"
                stroke={`var(--${platform}, var(--accent))`}
                fill={`var(--${platform}, var(--accent))`}
                fillOpacity={0.18}
                strokeWidth={2}
                dot={({ key, index, cx, cy, stroke }) =>
                  isLone(rows.data, metric, index) ? (
                    <g key={key}>
                      <circle {...{ cx, cy }} r={3} fill={stroke} />
                      {isOnly(rows.data, metric) && (
                        <text
                          className="value"
                          x={cx! + (index < rows.data.length / 2 ? 9 : -9)}
                          y={cy}
                          textAnchor={index < rows.data.length / 2 ? 'start' : 'end'}
                        >
                          {whole(rows.data[index][metric])}
                        </text>
                      )}
                    </g>
                  ) : (
                    <g key={key} />
                  )
                }
                isAnimationActive={false}
              />
            </AreaChart>
          </ResponsiveContainer>
        </div>
      )}
    </section>
  );
}

/** By when the first figures are expected; null once there are some, and before anything is known. */
function firstFiguresBy(rows: Day[] | undefined): string | null {
  return rows?.[0]?.first_figures_by ?? null;
}

/** Whether a known day lies between two gaps, so that no line leads to it. */
function isLone(rows: Day[], metric: Metric, index: number): boolean {
  const isKnown = (at: number) => rows[at]?.[metric] != null;
  return isKnown(index) && !isKnown(index - 1) && !isKnown(index + 1);
}

/** Whether one day is known and no other. */
function isOnly(rows: Day[], metric: Metric): boolean {
  return rows.filter((row) => row[metric] !== null).length === 1;
}
