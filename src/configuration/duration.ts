import { z } from 'zod';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const durationMs = (text: string): number | undefined => {
  const found = /^(\d+)([smhd])$/.exec(text);
  if (!found) return undefined;
  const value = Number(found[1]) * UNIT_MS[found[2] as keyof typeof UNIT_MS];
  return value > 0 ? value : undefined;
};

/** A duration as people write it (`30s`, `1m`, `2h`, `14d`), read as milliseconds. */
export const duration = () =>
  z
    .string()
    .meta({ pattern: '^[1-9][0-9]*[smhd]$' })
    .transform((text, context) => {
      const value = durationMs(text);
      if (value !== undefined) return value;
      context.addIssue({
        code: 'custom',
        message: `is no duration; write a number and s, m, h or d, such as 30s, 1m, 2h or 14d`,
      });
      return z.NEVER;
    });

/** A whole number of days (`2d`). */
export const days = () =>
  z
    .string()
    .meta({ pattern: '^[1-9][0-9]*d$' })
    .transform((text, context) => {
      const found = /^([1-9]\d*)d$/.exec(text);
      if (found) return Number(found[1]);
      context.addIssue({ code: 'custom', message: `is no number of days; write such as 2d or 180d` });
      return z.NEVER;
    });

/** Local time of day, `07:00-18:00`, as minutes since midnight; the range may pass midnight. */
export const clockRange = () =>
  z
    .string()
    .meta({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$' })
    .transform((text, context) => {
      const found = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
      if (found)
        return {
          fromMinute: Number(found[1]) * 60 + Number(found[2]),
          toMinute: Number(found[3]) * 60 + Number(found[4]),
        };
      context.addIssue({ code: 'custom', message: `is no time range; write such as "07:00-18:00"` });
      return z.NEVER;
    });
