import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** An Orthanc of its own on a free port of this machine, its data below `folder`. */
export async function orthancProcess(folder) {
  const port = await freePort();
  const data = join(folder, 'orthanc');
  mkdirSync(data, { recursive: true });
  const file = join(folder, 'orthanc.json');
  writeFileSync(
    file,
    JSON.stringify({
      StorageDirectory: data,
      IndexDirectory: data,
      HttpPort: port,
      DicomServerEnabled: false,
      RemoteAccessAllowed: false,
      AuthenticationEnabled: false,
      Plugins: ['/usr/share/orthanc/plugins/libOrthancDicomWeb.so'],
      DicomWeb: { Enable: true, Root: '/dicom-web/' },
      HttpCompressionEnabled: false,
      KeepAlive: true,
    }),
  );
  const child = spawn('Orthanc', [`--logfile=${join(folder, 'orthanc.log')}`, file], {
    stdio: 'ignore',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const rest = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`${rest}/system`).catch(() => undefined);
    if (answer?.ok) break;
    if (tries === 200) throw new Error('Orthanc does not start');
    await new Promise((done) => setTimeout(done, 100));
  }
  return {
    url: `${rest}/dicom-web`,
    /** Resolves to Orthanc's name of the study. */
    upload: async (body) => {
      const answer = await fetch(`${rest}/instances`, { method: 'POST', body });
      if (!answer.ok) throw new Error(`Orthanc answers ${answer.status}`);
      return (await answer.json()).ParentStudy;
    },
    remove: async (study) => {
      const answer = await fetch(`${rest}/studies/${study}`, { method: 'DELETE' });
      if (!answer.ok) throw new Error(`Orthanc answers ${answer.status}`);
      await answer.arrayBuffer();
    },
    stop: () =>
      new Promise((done) => {
        child.once('exit', done);
        child.kill('SIGTERM');
      }),
  };
}

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
