/** Where the API is, and the key for it. */
export type Connection = { url: string; key: string };

/** What is shown of each account, by its name in the API. */
export const METRICS = {
  views: 'Views',
  likes: 'Likes',
  comments: 'Comments',
  shares: 'Shares',
  followers_gained: 'New followers',
  followers: 'Followers',
} as const;

export type Metric = keyof typeof METRICS;
export type Figures = Record<Metric, number | null>; // null: the platform did not say
export type Day = Figures & { platform: string; date: string; first_figures_by: string | null };
export type Totals = { totals: Figures; previous: Figures; deltas: Figures; percent: Figures };
export type Summary = Totals & {
  start: string;
  end: string;
  platforms: Record<string, Totals>;
  first_figures_by: string | null; // of a platform of which nothing is known yet
};
export type Account = { platform: string; handle: string };
export type Export = { download_url: string | null; expires_at: string | null; rows: number };

/** An answer that is an error: the API's own sentence, and what to do about it. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly remedy?: string,
  ) {
    super(detail);
  }
}

/** Sends a request with the key in its header. Returns the answer; throws ApiError, or TypeError without an answer. */
export async function request<Answer>({ url, key }: Connection, path: string, init: RequestInit = {}): Promise<Answer> {
  const headers = { 'X-API-Key': key, ...(init.body ? { 'Content-Type': 'application/json' } : {}) };
  const response = await fetch(`${url}/api/v1/public${path}`, { ...init, headers });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok)
    throw new ApiError(response.status, answer.detail ?? `The API answered ${response.status}.`, answer.remedy);
  return answer;
}
