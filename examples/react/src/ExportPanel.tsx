import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, type Connection, type Export, request } from './api';
import { time, whole } from './format';
import { Problem } from './Problem';
import { useTask } from './useTask';

const FORMATS = { csv: 'CSV', json: 'JSON', parquet: 'Parquet' };

type Props = { connection: Connection; platform: string; days: number; firstFiguresBy: string | null };

/** Exports what is shown as a file: starts the task, follows it, and gives the link. */
export function ExportPanel({ connection, platform, days, firstFiguresBy }: Props) {
  const [format, setFormat] = useState('csv');
  const start = useMutation({
    mutationFn: () => {
      const body = JSON.stringify({ format, days, ...(platform && { platform }) });
      return request<{ task_id: string }>(connection, '/analytics/social/export', { method: 'POST', body });
    },
  });
  const task = useTask<Export>(start.data?.task_id ?? null, connection.url, connection.key);
  const failed = task.data?.error;
  const error = start.error ?? task.error ?? (failed ? new ApiError(200, failed.message, failed.remedy) : null);
  const isRunning = start.isPending || (start.isSuccess && !error && task.data?.status !== 'done');
  const file = task.data?.result;

  return (
    <section className="panel export">
      <h2>Export</h2>
      <div className="row">
        <select
          aria-label="Format"
          value={format}
          disabled={isRunning}
          onChange={(event) => setFormat(event.target.value)}
        >
          {Object.entries(FORMATS).map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
        <button className="primary" disabled={isRunning || firstFiguresBy !== null} onClick={() => start.mutate()}>
          Export {days} days
        </button>
        {firstFiguresBy && <span className="muted">First figures by {time(firstFiguresBy)}</span>}
        {isRunning && <progress aria-label="Progress of the export" max={100} value={task.data?.progress ?? 0} />}
        {file?.download_url && (
          <>
            <a href={file.download_url}>Download {whole(file.rows)} rows</a>
            <span className="muted">until {time(file.expires_at!)}</span>
          </>
        )}
      </div>
      {error && <Problem error={error} />}
    </section>
  );
}
