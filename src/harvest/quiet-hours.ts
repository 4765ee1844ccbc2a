/** Minutes of the local day, the end not included; may go over midnight. */
export interface QuietHours {
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** Whether it is a quiet hour at a place (IANA time zone). `now` in ms since the epoch. */
export function isQuietAt(hours: QuietHours | undefined, timeZone: string, now: number): boolean {
  if (!hours) return false;
  const [hour, minute] = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  })
    .format(now)
    .split(':')
    .map(Number) as [number, number];
  const at = (hour % 24) * 60 + minute;
  const { fromMinute, toMinute } = hours;
  return fromMinute <= toMinute ? at >= fromMinute && at < toMinute : at >= fromMinute || at < toMinute;
}
