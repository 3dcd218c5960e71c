import { ApiError } from './api';

export function Problem({ error }: { error: Error }) {
  const remedy =
    error instanceof ApiError
      ? error.remedy
      : `Is the address right, is the stack up, and is ${location.origin} in CONTENT_PIPELINE_CORS_ORIGINS?`;
  return (
    <div className="panel problem" role="alert">
      <strong>{error instanceof ApiError ? error.message : 'The API does not answer.'}</strong>
      {remedy && <p>{remedy}</p>}
    </div>
  );
}
