import { z } from 'zod';

/** A secret stands in the environment or in a file, never in the configuration. */
export const secret = (what: string) =>
  z
    .string()
    .regex(
      /^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/,
      'must not stand in this file; refer to it as env:NAME or file:/path',
    )
    .describe(what);
