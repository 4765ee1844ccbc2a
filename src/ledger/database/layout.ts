/** Where the data and the socket of an embedded server lie, and as whom it runs. */
import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, chmod, chown, lstat, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { isThere } from './binaries.js';
import { codeOf, DatabaseRefusal, type EmbeddedOptions } from './database-types.js';

/** Another user's uid and gid: PostgreSQL refuses to run as root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface Layout {
  /** The state folder, resolved: what messages name. */
  readonly stateFolder: string;
  readonly dataFolder: string;
  readonly socketFolder: string;
  readonly logFile: string;
  readonly binariesFolder: string;
  /** Undefined: as the user of this process. */
  readonly account: Account | undefined;
}

/** In the state folder of a daemon that runs as root: where its database is. */
const POINTER = 'database-folder';
const SOCKET = '.s.PGSQL.5432';
/** sun_path holds 108 bytes with its NUL on Linux, 104 on macOS. */
const SOCKET_PATH_BYTES = process.platform === 'darwin' ? 103 : 107;
const NOBODY: Account = { uid: 65534, gid: 65534 };

/** Whether a state folder has a database; makes nothing. */
export const hasDatabase = async ({ folder }: EmbeddedOptions): Promise<boolean> =>
  (await isThere(join(folder, 'postgresql'))) || (await isThere(join(folder, POINTER)));

export async function layoutOf(options: EmbeddedOptions): Promise<Layout> {
  const stateFolder = resolve(options.folder);
  await makeStateFolder(stateFolder);
  return process.getuid?.() === 0 ? layoutAsRoot(stateFolder, options.folderAsRoot) : layoutAsUser(stateFolder);
}

async function layoutAsUser(stateFolder: string): Promise<Layout> {
  const pointer = await pointerIn(stateFolder);
  if (pointer !== undefined)
    throw new DatabaseRefusal(
      'state-folder-unusable',
      `${stateFolder} was used by a daemon that ran as root; its database is in ${pointer}. Start as root again, or use another state folder.`,
    );
  return layoutIn(stateFolder, undefined);
}

async function layoutAsRoot(stateFolder: string, folderAsRoot: string | undefined): Promise<Layout> {
  const data = join(stateFolder, 'postgresql');
  if (await isThere(data)) {
    // Made by an ordinary user's daemon: it goes on as that user, from where it is.
    const { uid, gid } = await stat(data);
    if (uid === 0)
      throw new DatabaseRefusal(
        'state-folder-unusable',
        `${data} belongs to root, and PostgreSQL does not run as root: give it its owner back (chown).`,
      );
    const root = await rootFolder(folderAsRoot);
    return { ...(await layoutIn(stateFolder, { uid, gid })), binariesFolder: root };
  }
  const root = await rootFolder(folderAsRoot);
  const folder = (await pointerIn(stateFolder)) ?? (await newPointer(stateFolder, root));
  // The file may be somebody else's; what root makes, hands over and deletes by it stays in root's own folder.
  if (dirname(folder) !== root || !/^[0-9a-f]{16}$/.test(basename(folder)))
    throw new DatabaseRefusal(
      'state-folder-unusable',
      `${join(stateFolder, POINTER)} names a folder outside ${root}. Give the folder for databases that was used before, or delete that file to start with an empty ledger.`,
    );
  const account = await accountOfCaliper();
  await makePrivateFolder(folder, account);
  await refuseCopy(stateFolder, folder);
  return { ...(await layoutIn(folder, account)), stateFolder, binariesFolder: root };
}

async function layoutIn(folder: string, account: Account | undefined): Promise<Layout> {
  const dataFolder = join(folder, 'postgresql');
  return {
    stateFolder: folder,
    dataFolder,
    socketFolder: await socketFolderFor(folder, account),
    logFile: join(folder, 'postgresql.log'),
    binariesFolder: folder,
    account,
  };
}

/** A folder for the socket whose path is short enough: in the state folder, or one named after it where short paths are. */
async function socketFolderFor(folder: string, account: Account | undefined): Promise<string> {
  const name = `caliper-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`;
  const runtime = account === undefined ? process.env['XDG_RUNTIME_DIR'] : undefined; // root's is closed to others
  const places = [
    join(folder, 'socket'),
    ...(runtime ? [join(runtime, name)] : []),
    join(tmpdir(), name),
    join('/tmp', name),
  ];
  const errors: unknown[] = [];
  for (const place of places) {
    if (Buffer.byteLength(join(place, SOCKET)) > SOCKET_PATH_BYTES) continue;
    try {
      await makePrivateFolder(place, account ?? { uid: process.getuid!(), gid: process.getgid!() });
      return place;
    } catch (error) {
      errors.push(error);
    }
  }
  throw new DatabaseRefusal(
    'state-folder-unusable',
    `No folder for the database's socket can be made (a path of at most ${SOCKET_PATH_BYTES} bytes is needed): give a shorter state folder.`,
    { cause: new AggregateError(errors) },
  );
}

/** Where databases of daemons that run as root lie. Its name may be guessed, so it must be root's and closed to others' writing. */
async function rootFolder(configured: string | undefined): Promise<string> {
  const places = configured === undefined ? ['/var/lib/caliper', join(tmpdir(), 'caliper')] : [resolve(configured)];
  const errors: unknown[] = [];
  for (const place of places) {
    try {
      await mkdir(place, { recursive: true, mode: 0o711 });
      const found = await lstat(place);
      if (!found.isDirectory() || found.uid !== 0) throw new Error(`${place} is not a folder of root`);
      await chmod(place, 0o711);
      return place;
    } catch (error) {
      errors.push(error);
    }
  }
  throw new DatabaseRefusal(
    'state-folder-unusable',
    `As root the database lies outside the state folder, but ${places.join(' and ')} cannot be used.`,
    { cause: new AggregateError(errors) },
  );
}

async function pointerIn(stateFolder: string): Promise<string | undefined> {
  try {
    return (await readFile(join(stateFolder, POINTER), 'utf8')).trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The name is random, so that a state folder that was deleted and made again does not find its old ledger. */
async function newPointer(stateFolder: string, root: string): Promise<string> {
  const folder = join(root, randomBytes(8).toString('hex'));
  try {
    await writeFile(join(stateFolder, POINTER), `${folder}\n`, { flag: 'wx', mode: 0o644 });
    return folder;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error; // another process was quicker
    return (await pointerIn(stateFolder))!;
  }
}

/** Two state folders must not share a database: a copied one is told from one that was moved by whether the original is still there. */
async function refuseCopy(stateFolder: string, folder: string): Promise<void> {
  const record = join(folder, 'state-folder');
  const known = (await isThere(record)) ? (await readFile(record, 'utf8')).trim() : undefined;
  if (known !== undefined && known !== stateFolder && (await isThere(known)) && (await pointerIn(known)) === folder)
    throw new DatabaseRefusal(
      'state-folder-unusable',
      `${stateFolder} is a copy of ${known}, whose database is in ${folder}. Delete ${join(stateFolder, POINTER)} to start with an empty ledger.`,
    );
  if (known !== stateFolder) await writeFile(record, `${stateFolder}\n`);
}

/** The account `caliper` where the machine has one, else nobody's. */
async function accountOfCaliper(): Promise<Account> {
  const accounts = (await isThere('/etc/passwd')) ? await readFile('/etc/passwd', 'utf8') : '';
  const found = /^caliper:[^:]*:(\d+):(\d+):/m.exec(accounts);
  return found && found[1] !== '0' ? { uid: Number(found[1]), gid: Number(found[2]) } : NOBODY;
}

async function makeStateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new DatabaseRefusal(
      'state-folder-unusable',
      `The state folder ${folder} cannot be used (${codeOf(error) ?? 'unknown error'}): it must be a folder that the user of the daemon may write.`,
      { cause: error },
    );
  }
}

/** A folder that only its owner may enter. One that belongs to somebody else is refused: its name may be guessed. */
async function makePrivateFolder(folder: string, owner: Account): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  const mine = process.getuid!();
  if (!found.isDirectory() || (found.uid !== owner.uid && found.uid !== mine))
    throw new Error(`${folder} belongs to another user`);
  if (found.uid !== owner.uid) await chown(folder, owner.uid, owner.gid);
  await chmod(folder, 0o700);
}
