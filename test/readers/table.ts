import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { READERS, type Case, type Faults, type Programs, type Reader, type WrittenSeries } from './matrix.js';

/** The matrix as docs/readers.json has it, in the file that CALIPER_READERS_TABLE names; nothing where it names none. */
export function keepTable(
  series: readonly WrittenSeries[],
  faults: ReadonlyMap<Case, Faults>,
  programs: Programs,
): void {
  const file = process.env['CALIPER_READERS_TABLE'];
  if (file === undefined) return;
  const rows = series.map(({ truth, cases }) => ({
    geometry: truth.name,
    objects: cases.length,
    frames: cases.reduce((sum, { segments }) => sum + segments.length, 0),
    warnings: [...new Set(cases.flatMap(({ object }) => object.warnings))].sort(),
    faults: Object.fromEntries(
      READERS.flatMap((reader) => {
        const found = cases.map((one) => faults.get(one)![reader]).find((fault) => fault !== undefined);
        return found === undefined ? [] : [[reader, found]];
      }),
    ),
  }));
  const table = { readers: READERS.map((name) => ({ name, version: versions(programs)[name] })), rows };
  writeFileSync(file, `${JSON.stringify(table, undefined, 2)}\n`);
}

function versions({ python, readerPackages }: Programs): Readonly<Record<Reader, string>> {
  const ofPython = (name: string): string => {
    const program = `import importlib.metadata as m; print(m.version(${JSON.stringify(name)}))`;
    return `${name} ${spawnSync(python, ['-c', program], { encoding: 'utf8' }).stdout.trim()}`;
  };
  const ofNode = (name: string): string => {
    const manifest = readFileSync(join(readerPackages, 'node_modules', name, 'package.json'), 'utf8');
    return `${name} ${(JSON.parse(manifest) as { version: string }).version}`;
  };
  const ofDebian = (name: string): string => {
    const asked = spawnSync('dpkg-query', ['-W', '-f', '${Version}', name], { encoding: 'utf8' });
    return `${name} ${asked.error ? '' : asked.stdout} (Debian)`;
  };
  return {
    dciodvfy: ofDebian('dicom3tools'),
    PixelMed: ofDebian('libpixelmed-java'),
    DCMTK: ofDebian('dcmtk'),
    pydicom: ofPython('pydicom'),
    'highdicom, by source': ofPython('highdicom'),
    'highdicom, volume': ofPython('highdicom'),
    dcmqi: ofPython('dcmqi'),
    'itk-wasm': ofNode('@itk-wasm/dicom'),
    Cornerstone3D: ofNode('@cornerstonejs/adapters'),
    'Orthanc, file': ofDebian('orthanc'),
    'Orthanc, frames': ofDebian('orthanc-dicomweb'),
  };
}
