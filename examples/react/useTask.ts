import { useQuery } from '@tanstack/react-query';

export type Task<Result> = {
  task_id: string;
  status: 'queued' | 'processing' | 'done' | 'error';
  progress: number; // 0 to 100
  result: Result | null; // when done
  error: { code: string; message: string; remedy: string; retryable: boolean } | null;
};

/**
 * Follows a task until it has ended. A request is answered when the task changes, or after 30 seconds; behind a proxy
 * that ends waiting requests, this polls every second.
 *
 * The page's origin must be in CONTENT_PIPELINE_CORS_ORIGINS. Every visitor can read a key in the browser: in production
 * keep it on your own server, and let that fetch the task.
 */
export function useTask<Result>(taskId: string | null, apiUrl: string, apiKey: string) {
  return useQuery<Task<Result> & { etag: string }>({
    queryKey: ['task', taskId],
    queryFn: async ({ client, queryKey, signal }) => {
      const last = client.getQueryData<Task<Result> & { etag: string }>(queryKey);
      const response = await fetch(`${apiUrl}/api/v1/tasks/${taskId}?wait=30`, {
        headers: { 'X-API-Key': apiKey, ...(last && { 'If-None-Match': last.etag }) },
        signal,
      });
      if (response.status === 304 && last) return last;
      if (!response.ok) throw new Error((await response.json()).detail);
      return { ...(await response.json()), etag: response.headers.get('ETag') ?? '' };
    },
    enabled: taskId !== null,
    refetchInterval: (query) =>
      query.state.data?.status === 'done' || query.state.data?.status === 'error' ? false : 1000,
  });
}
