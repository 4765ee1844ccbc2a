import type { ClientConfig, Pool } from 'pg';
import type { Ms } from '../../domain/index.js';

export type DatabaseOptions =
  | {
      readonly kind: 'embedded';
      /** The state folder. As root the data itself lies elsewhere (`folderAsRoot`), and the state folder says where. */
      readonly folder: string;
      /**
       * `daemon` owns the folder: a second one is refused. `guest` (a command beside a running daemon) uses a server that runs and leaves it
       * running; where none runs, it is owner for as long as it is open.
       */
      readonly as: 'daemon' | 'guest';
      /** Folder with `initdb` and `postgres` of the machine itself; without it those of npm's package are used. */
      readonly binaries?: string;
      /** Where databases lie whose daemon runs as root. Default `/var/lib/caliper`, else a folder in the temporary directory. */
      readonly folderAsRoot?: string;
    }
  | { readonly kind: 'site'; /** `postgres://user:password@host:port/database` */ readonly url: string };

export type EmbeddedOptions = Extract<DatabaseOptions, { kind: 'embedded' }>;

export type DatabaseProblemCode =
  | 'state-folder-in-use'
  | 'state-folder-unusable'
  | 'database-binaries-missing'
  | 'database-start-failed'
  | 'database-unreachable'
  | 'database-version-unsupported'
  | 'database-newer';

/** Why there is no database. `says` is a sentence for the administrator; it names folders and versions, never a password. */
export interface DatabaseProblem {
  readonly code: DatabaseProblemCode;
  readonly says: string;
}

/** What happens to a database after it was opened. */
export interface DatabaseWorld {
  /** A connection broke or the server ended; it is being opened or started again. */
  broken(error: Error): void;
  /** The folder now belongs to another process, or the server cannot be started again: this process has to end. */
  lost(problem: DatabaseProblem): void;
}

export interface Database {
  readonly kind: DatabaseOptions['kind'];
  /** `adopted`: a server that a killed daemon left behind. `found`: a running daemon's (guest), or the site's. */
  readonly how: 'created' | 'started' | 'adopted' | 'found';
  readonly tookMs: Ms;
  /** For statements; a pool's connection may be another one every time. */
  readonly pool: Pool;
  /** For a connection of one's own (advisory locks). */
  readonly connection: ClientConfig;
  /** What is left on the disk that it writes to; undefined where that is another machine's. */
  freeBytes(): Promise<number | undefined>;
  /** Ends the connections, and stops an embedded server that this process owns. */
  close(): Promise<void>;
}

/** Carries a problem through the supervisor; becomes a value at its door. */
export class DatabaseRefusal extends Error {
  constructor(
    readonly code: DatabaseProblemCode,
    says: string,
    options?: ErrorOptions,
  ) {
    super(says, options);
  }

  get problem(): DatabaseProblem {
    return { code: this.code, says: this.message };
  }
}

/** The errno of a system call or the SQLSTATE of a database's answer; undefined for anything else. */
export const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
