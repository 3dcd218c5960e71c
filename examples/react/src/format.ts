const WHOLE = new Intl.NumberFormat('en');
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 });
const DAY = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const WEEKDAY = new Intl.DateTimeFormat('en', { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' });

/** Milliseconds between two looks for the first figures of an account. */
export const WAITING = 10_000;

/** What is not known is no zero. */
export const UNKNOWN = '–';

export const whole = (value: number | null | undefined) => (value == null ? UNKNOWN : WHOLE.format(value));
export const short = (value: number) => SHORT.format(value);
export const day = (date: string) => DAY.format(new Date(date));
export const weekday = (date: string) => WEEKDAY.format(new Date(date));
export const time = (moment: string) =>
  new Date(moment).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });

const LABELS: Record<string, string> = { tiktok: 'TikTok', linkedin: 'LinkedIn', youtube: 'YouTube' };

export const platformName = (platform: string) => LABELS[platform] ?? platform[0].toUpperCase() + platform.slice(1);
