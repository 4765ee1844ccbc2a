import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { orthanc } from './peers.js';

const PLUGINS = '/usr/share/orthanc/plugins';

export interface OrthancOptions {
  /** User names and passwords; without any, every request is allowed. */
  readonly users?: Readonly<Record<string, string>>;
  /** Further plugins, as file names in Debian's plugin folder (`libOrthancGdcm.so`) or as absolute paths. */
  readonly plugins?: readonly string[];
  /** What a second instance with the same UID does: Orthanc's own default keeps the old one silently. */
  readonly overwrite?: 'keeps-old' | 'takes-new';
  /** Further keys of Orthanc's configuration file. */
  readonly configuration?: Readonly<Record<string, unknown>>;
}

export interface RunningOrthanc {
  /** Root of its DICOMweb service, without a slash at the end. */
  readonly url: string;
  /** Root of its own REST interface, without a slash at the end. */
  readonly rest: string;
  /** `Authorization` header of the first user; empty where there is none. */
  readonly headers: Readonly<Record<string, string>>;
  /** Stores a Part 10 file through the REST interface, not through DICOMweb. */
  upload(bytes: Uint8Array): Promise<void>;
  /** Number of instances held. */
  count(): Promise<number>;
  /** Every instance's Part 10 file as Orthanc holds it, by its SOPInstanceUID. */
  files(): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Deletes everything. */
  empty(): Promise<void>;
  /** Ends the process at once, as a power cut would, and leaves its folder. */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder after `kill`. */
  restart(): Promise<void>;
  /** Ends the process and deletes its folder. */
  stop(): Promise<void>;
}

/** A real archive of its own: fresh folders, a free port, ready to answer when the promise resolves. */
export async function startOrthanc(options: OrthancOptions = {}): Promise<RunningOrthanc> {
  const program = orthanc();
  if (program === undefined) throw new Error('Orthanc with its DICOMweb plugin is not on this machine');
  const folder = await mkdtemp(join(tmpdir(), 'orthanc-'));
  const firstUser = Object.entries(options.users ?? {})[0];
  const headers: Record<string, string> = firstUser
    ? { authorization: `Basic ${Buffer.from(firstUser.join(':')).toString('base64')}` }
    : {};

  let started: { child: ChildProcess; port: number } | undefined;
  for (let attempt = 0; started === undefined; attempt++) {
    const port = await freePort();
    await writeConfiguration(folder, port, options);
    const child = await launch(program, folder, port, headers);
    if (child) started = { child, port };
    else if (attempt === 4) throw new Error(`Orthanc does not start:\n${await log(folder)}`);
  }
  let child = started.child;
  const { port } = started;
  const rest = `http://127.0.0.1:${port}`;

  const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const response = await fetch(`${rest}${path}`, { ...init, headers: { ...headers, 'accept-encoding': 'identity' } });
    if (!response.ok) throw new Error(`Orthanc answers ${response.status} to ${path}`);
    return response;
  };
  const instances = async (): Promise<string[]> => (await (await ask('/instances')).json()) as string[];

  return {
    url: `${rest}/dicom-web`,
    rest,
    headers,
    upload: async (bytes) => {
      await (await ask('/instances', { method: 'POST', body: Buffer.from(bytes) })).arrayBuffer();
    },
    count: async () => (await instances()).length,
    files: async () => {
      const files = new Map<string, Uint8Array>();
      for (const id of await instances()) {
        const tags = (await (await ask(`/instances/${id}/simplified-tags`)).json()) as { SOPInstanceUID: string };
        files.set(tags.SOPInstanceUID, new Uint8Array(await (await ask(`/instances/${id}/file`)).arrayBuffer()));
      }
      return files;
    },
    empty: async () => {
      for (const patient of (await (await ask('/patients')).json()) as string[])
        await (await ask(`/patients/${patient}`, { method: 'DELETE' })).arrayBuffer();
    },
    kill: () => end(child, 'SIGKILL'),
    restart: async () => {
      for (let attempt = 0; ; attempt++) {
        const again = await launch(program, folder, port, headers);
        if (again) {
          child = again;
          return;
        }
        // the port of a killed process is free again only after a moment
        if (attempt === 20) throw new Error(`Orthanc does not start again:\n${await log(folder)}`);
        await pause(250);
      }
    },
    stop: async () => {
      await end(child, 'SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function writeConfiguration(folder: string, port: number, options: OrthancOptions): Promise<void> {
  const data = join(folder, 'data');
  await mkdir(data, { recursive: true });
  const users = options.users ?? {};
  const plugins = ['libOrthancDicomWeb.so', ...(options.plugins ?? [])];
  const configuration = {
    StorageDirectory: data,
    IndexDirectory: data,
    HttpPort: port,
    DicomServerEnabled: false,
    RemoteAccessAllowed: false,
    AuthenticationEnabled: Object.keys(users).length > 0,
    RegisteredUsers: users,
    Plugins: plugins.map((plugin) => (plugin.startsWith('/') ? plugin : join(PLUGINS, plugin))),
    DicomWeb: {
      Enable: true,
      Root: '/dicom-web/',
      EnableWado: true,
      StudiesMetadata: 'Full',
      SeriesMetadata: 'Full',
    },
    OverwriteInstances: options.overwrite === 'takes-new',
    HttpCompressionEnabled: false,
    KeepAlive: true,
    HttpThreadsCount: 8,
    StableAge: 60,
    ...options.configuration,
  };
  await writeFile(join(folder, 'orthanc.json'), JSON.stringify(configuration, null, 2));
}

/** The running process once it answers; undefined where it ended before (a port taken meanwhile). */
async function launch(
  program: string,
  folder: string,
  port: number,
  headers: Readonly<Record<string, string>>,
): Promise<ChildProcess | undefined> {
  const child = spawn(program, [`--logfile=${join(folder, 'log')}`, join(folder, 'orthanc.json')], { stdio: 'ignore' });
  // a test that fails before `stop` leaves neither a waiting runner nor a server behind
  child.unref();
  process.once('exit', () => child.kill('SIGKILL'));
  for (let waited = 0; child.exitCode === null && child.signalCode === null; waited += 50) {
    if (waited > 30_000) {
      await end(child, 'SIGKILL');
      return undefined;
    }
    const status = await fetch(`http://127.0.0.1:${port}/dicom-web/studies?limit=1`, { headers }).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status;
      },
      () => undefined,
    );
    if (status === 200) return child;
    await pause(50);
  }
  return undefined;
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

const log = (folder: string): Promise<string> =>
  readFile(join(folder, 'log'), 'utf8').catch((error: unknown) => String(error));
