import { useQuery } from '@tanstack/react-query';

export type Task<Result> = {
  task_id: string;
  status: 'queued' | 'processing' | 'done' | 'error';
  progress: number; // 0 to 100
  result: Result | null; // when done
  error: { code: string; message: string; remedy: string; retryable: boolean } | null;
};

/**
 * Polls a task every two seconds until it has ended.
 *
 * The browser's origin must be in CONTENT_PIPELINE_CORS_ORIGINS. A key in a browser is everybody's key: in
 * production let your own server hold it and pass the task on.
 */
export function useTask<Result>(taskId: string | null, apiUrl: string, apiKey: string) {
  return useQuery<Task<Result>>({
    queryKey: ['task', taskId],
    queryFn: async () => {
      const response = await fetch(`${apiUrl}/api/v1/tasks/${taskId}`, { headers: { 'X-API-Key': apiKey } });
      if (!response.ok) throw new Error((await response.json()).detail);
      return response.json();
    },
    enabled: taskId !== null,
    refetchInterval: (query) =>
      query.state.data?.status === 'done' || query.state.data?.status === 'error' ? false : 2000,
  });
}
