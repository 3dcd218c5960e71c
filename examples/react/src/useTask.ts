import { useQuery } from '@tanstack/react-query';

export type Task<Result> = {
  task_id: string;
  status: 'queued' | 'processing' | 'done' | 'error';
  progress: number; // 0 to 100
  result: Result | null; // when done
  error: { code: string; message: string; remedy: string; retryable: boolean } | null;
};

// While a task does not change, the server sends a comment every 15 seconds.
const SILENCE_MS = 40_000;
const POLL_MS = 1000;

/**
 * Follows a task until it has ended: by its events, and by polling every second where a proxy does not pass these on.
 *
 * The page's origin must be in CONTENT_PIPELINE_CORS_ORIGINS. Every visitor can read a key in the browser: in production
 * keep it on your own server, and let that fetch the task.
 */
export function useTask<Result>(taskId: string | null, apiUrl: string, apiKey: string) {
  const url = `${apiUrl}/api/v1/tasks/${taskId}`;
  return useQuery<Task<Result>>({
    queryKey: ['task', taskId],
    queryFn: async ({ client, queryKey, signal }) => {
      try {
        for await (const task of events<Result>(`${url}/events`, apiKey, signal)) {
          client.setQueryData(queryKey, task);
          if (hasEnded(task)) return task;
        }
      } catch (error) {
        if (signal.aborted) throw error;
      }
      const response = await get(url, apiKey, signal);
      if (!response.ok) throw new Error((await response.json()).detail);
      return response.json();
    },
    enabled: taskId !== null,
    refetchInterval: (query) => (hasEnded(query.state.data) ? false : POLL_MS),
  });
}

/** The states of a task as they are pushed. EventSource would do, if it could send a header. */
async function* events<Result>(url: string, apiKey: string, signal: AbortSignal): AsyncGenerator<Task<Result>> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await get(url, apiKey, AbortSignal.any([signal, silence.signal]));
    if (!response.ok || !response.body) return;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      const lines = (text + chunk.value).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('data: ')) yield JSON.parse(line.slice(6));
    }
  } finally {
    clearTimeout(timer);
    silence.abort(); // closes the connection when the caller has seen enough
  }
}

function get(url: string, apiKey: string, signal: AbortSignal): Promise<Response> {
  return fetch(url, { headers: { 'X-API-Key': apiKey }, signal });
}

function hasEnded(task: Task<unknown> | undefined): boolean {
  return task?.status === 'done' || task?.status === 'error';
}
