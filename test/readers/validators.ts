import { spawnSync } from 'node:child_process';

/** What a validator says that is an error; what it is known to say of right objects is not among it. */
export type Errors = readonly string[];

/** Lines of dciodvfy that begin with `Error`. */
export function errorsOfDciodvfy(program: string, path: string): Errors {
  const { stdout, stderr } = spawnSync(program, ['-new', path], { encoding: 'utf8' });
  return errorLines(`${stdout}\n${stderr}`);
}

/** DCMTK reads the file as DICOM without a word of warning. */
export function errorsOfDcmtk(dcmftest: string, dcmdump: string, path: string): Errors {
  const test = spawnSync(dcmftest, [path], { encoding: 'utf8' });
  const dump = spawnSync(dcmdump, ['--quiet', path], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const warned = `${dump.stdout}\n${dump.stderr}`.split('\n').filter((line) => /^[WEF]: /.test(line));
  return [
    ...(test.status === 0 ? [] : [test.stdout.trim()]),
    ...(dump.status === 0 ? [] : ['dcmdump fails']),
    ...warned,
  ];
}

/**
 * What PixelMed's validator holds against right objects: it demands Laterality (2C) of every segmentation, where dciodvfy forbids it, and takes
 * every letter beyond ASCII in a name for illegal, whatever the character set.
 */
const FALSE_ALARMS_OF_PIXELMED = [
  /^Error: GeneralSeriesModule\/Laterality\/: : Missing conditional attribute$/,
  /^Error: PatientModule\/PatientName\/.*Illegal character\(s\) .* in value of PN VR/,
];

/** PixelMed's validator on many files: its style sheets are compiled once, which takes seconds. */
export function errorsOfPixelmed(jar: string, paths: readonly string[]): readonly Errors[] {
  const limits = ['xpathExprOpLimit', 'xpathTotalOpLimit', 'xpathExprGrpLimit'].map((limit) => `-Djdk.xml.${limit}=0`);
  const run = spawnSync('java', [...limits, '-cp', jar, 'test/readers/ValidateWithPixelMed.java', ...paths], {
    encoding: 'utf8',
    maxBuffer: 1 << 27,
  });
  if (run.status !== 0) throw new Error(run.stderr);
  const answers = run.stdout.split(/^== .*$/m).slice(1);
  if (answers.length !== paths.length) throw new Error('not one answer for each file');
  return answers.map((answer) => {
    if (!answer.includes('IOD validation complete')) return [`no verdict: ${answer.trim().split('\n')[0]}`];
    return errorLines(answer).filter((line) => !FALSE_ALARMS_OF_PIXELMED.some((alarm) => alarm.test(line)));
  });
}

const errorLines = (text: string): Errors => text.split('\n').filter((line) => line.startsWith('Error'));
