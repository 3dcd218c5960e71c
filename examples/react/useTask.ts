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
 * The page's origin must be in CONTENT_PIPELINE_CORS_ORIGINS. Every visitor can read a key in the browser: in production
 * keep it on your own server, and let that fetch the task.
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
