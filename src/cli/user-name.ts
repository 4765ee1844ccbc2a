import { userInfo } from 'node:os';

/** Who typed the command, for the ledger's history; a number where the account has no name (containers). */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
