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

/** Errors that PixelMed finds in images, but for its false alarms. */
export const errorsOfPixelmed = (jar: string, paths: readonly string[]): readonly Errors[] =>
  pixelmed(jar, 'instances', paths).map((answer) =>
    errorsIn(answer).filter((line) => !FALSE_ALARMS_OF_PIXELMED.some((alarm) => alarm.test(line))),
  );

/**
 * What one of PixelMed's validators says of each file: of instances by their IOD, or of structured reports and key objects by their template too. Many
 * files in one virtual machine, since compiling its style sheets takes seconds.
 */
export function pixelmed(jar: string, validator: 'instances' | 'reports', paths: readonly string[]): readonly string[] {
  const limits = ['xpathExprOpLimit', 'xpathTotalOpLimit', 'xpathExprGrpLimit'].map((limit) => `-Djdk.xml.${limit}=0`);
  const run = spawnSync(
    'java',
    [...limits, '-cp', jar, 'test/readers/ValidateWithPixelMed.java', validator, ...paths],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 27,
    },
  );
  if (run.status !== 0) throw new Error(run.stderr);
  const answers = run.stdout.split(/^== .*$/m).slice(1);
  if (answers.length !== paths.length) throw new Error('not one answer for each file');
  return answers;
}

/** The errors in one answer; an answer that ends before its verdict is one. */
export const errorsIn = (answer: string): Errors =>
  answer.includes('IOD validation complete') ? errorLines(answer) : [`no verdict: ${answer.trim().split('\n')[0]}`];

const errorLines = (text: string): Errors => text.split('\n').filter((line) => line.startsWith('Error'));
