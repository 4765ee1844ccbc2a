import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ask, partsOf, rowOf, rowsOf, storeBody, value, values, type Answer } from './http.js';
import { ALL_KNOWN, BIT_FRAMES, FRAMES, fragmentsOf, KNOWN, type KnownInstance } from './known-instances.js';
import { handMade, SECONDARY_CAPTURE } from './part10-bytes.js';

interface ArchiveUnderTest {
  /** Base URL, without a slash at the end. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Title of a test to why this archive answers otherwise. The test is expected to fail: a difference that is gone has to leave the list. */
export type Differences = Readonly<Record<string, string>>;

const ALL_SYNTAXES = 'multipart/related; type="application/dicom"; transfer-syntax=*';

/**
 * One conformance suite for DICOMweb archives (PS3.18 10: QIDO-RS, WADO-RS, STOW-RS), spoken over plain HTTP. What is expected follows from the
 * standard and from the bytes of the known instances, not from any implementation.
 */
export function dicomwebSuite(
  name: string,
  start: () => Promise<ArchiveUnderTest>,
  differences: Differences = {},
): void {
  describe(`DICOMweb: ${name}`, () => {
    let archive: ArchiveUnderTest;
    const titles = new Set<string>();

    const it = (title: string, check: () => Promise<void>): void => {
      titles.add(title);
      const reason = differences[title];
      if (reason === undefined) test(title, check);
      else test.failing(`${title} [${name} differs: ${reason}]`, check);
    };
    const get = (path: string, accept = 'application/dicom+json'): Promise<Answer> =>
      ask(`${archive.url}${path}`, { headers: { ...archive.headers, accept } });
    const post = (path: string, body: RequestInit): Promise<Answer> =>
      ask(`${archive.url}${path}`, { ...body, headers: { ...archive.headers, ...body.headers } });
    const pathOf = ({ study, series, instance }: Omit<KnownInstance, 'bytes'>): string =>
      `/studies/${study}/series/${series}/instances/${instance}`;
    const studies = async (query: string): Promise<readonly unknown[]> =>
      values(await found(`/studies?${query}`), '0020000D');
    const found = async (path: string): Promise<ReturnType<typeof rowsOf>> => {
      const answer = await get(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toMatch(/^application\/(dicom\+)?json/);
      return rowsOf(answer);
    };

    beforeAll(async () => {
      archive = await start();
      const answer = await post('/studies', storeBody(ALL_KNOWN.map(({ bytes }) => bytes)));
      expect(answer.status).toBe(200);
    });
    afterAll(() => archive.stop());

    describe('QIDO-RS', () => {
      it('finds all studies', async () => {
        expect(values(await found('/studies'), '0020000D')).toEqual(
          [...new Set(ALL_KNOWN.map(({ study }) => study))].sort(),
        );
      });
      it('finds all series', async () => {
        expect(values(await found('/series'), '0020000E')).toEqual(
          [...new Set(ALL_KNOWN.map(({ series }) => series))].sort(),
        );
      });
      it('finds all instances', async () => {
        expect(values(await found('/instances'), '00080018')).toEqual(ALL_KNOWN.map(({ instance }) => instance).sort());
      });
      it('gives rows in ascending order of their UIDs', async () => {
        const uids = (await found('/studies')).map((row) => value(row, '0020000D'));
        expect(uids).toEqual([...uids].sort());
      });
      it('returns the attributes of a study that PS3.18 requires', async () => {
        const [row] = await found(`/studies?StudyInstanceUID=${KNOWN.frames.study}`);
        expect(row).toMatchObject({
          '00080020': { vr: 'DA', Value: ['20210615'] },
          '00080030': { vr: 'TM', Value: ['101530'] },
          '00080050': { vr: 'SH', Value: ['ACC-77'] },
          '00080090': { vr: 'PN' },
          '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Müller^Jürgen' }] },
          '00100020': { vr: 'LO', Value: ['P-77'] },
          '00100030': { vr: 'DA', Value: ['19500101'] },
          '00100040': { vr: 'CS', Value: ['M'] },
          '0020000D': { vr: 'UI', Value: [KNOWN.frames.study] },
          '00200010': { vr: 'SH', Value: ['77'] },
          '00201206': { vr: 'IS', Value: [2] },
          '00201208': { vr: 'IS', Value: [2] },
        });
        expect([...(row?.['00080061']?.Value ?? [])].sort()).toEqual(['OT', 'SEG']);
        expect(value(row, '00081190')).toBe(`${archive.url}/studies/${KNOWN.frames.study}`);
      });
      it('says that a study is online', async () => {
        const [row] = await found(`/studies?StudyInstanceUID=${KNOWN.frames.study}`);
        expect(value(row, '00080056')).toBe('ONLINE');
      });
      it('returns the attributes of a series that PS3.18 requires', async () => {
        const [row] = await found(`/studies/${KNOWN.slice1.study}/series?Modality=CT`);
        expect(row).toMatchObject({
          '00080060': { vr: 'CS', Value: ['CT'] },
          '0020000E': { vr: 'UI', Value: [KNOWN.slice1.series] },
          '00200011': { vr: 'IS', Value: [2] },
          '00201209': { vr: 'IS', Value: [2] },
        });
        expect(value(row, '00081190')).toBe(
          `${archive.url}/studies/${KNOWN.slice1.study}/series/${KNOWN.slice1.series}`,
        );
      });
      it('returns RequestAttributesSequence of a series', async () => {
        const [row] = await found(`/studies/${KNOWN.frames.study}/series?SeriesInstanceUID=${KNOWN.frames.series}`);
        expect(row?.['00400275']?.Value).toHaveLength(2);
      });
      it('returns the attributes of an instance that PS3.18 requires', async () => {
        const [row] = await found(
          `${pathOf(KNOWN.frames).replace(/\/[^/]+$/, '')}?SOPInstanceUID=${KNOWN.frames.instance}`,
        );
        expect(row).toMatchObject({
          '00080016': { vr: 'UI', Value: [SECONDARY_CAPTURE] },
          '00080018': { vr: 'UI', Value: [KNOWN.frames.instance] },
          '00200013': { vr: 'IS', Value: [1] },
          '00280008': { vr: 'IS', Value: [3] },
          '00280010': { vr: 'US', Value: [2] },
          '00280011': { vr: 'US', Value: [3] },
          '00280100': { vr: 'US', Value: [8] },
        });
        expect(value(row, '00081190')).toBe(`${archive.url}${pathOf(KNOWN.frames)}`);
      });
      it('returns study attributes with a series that is sought in all studies', async () => {
        const [row] = await found(`/series?SeriesInstanceUID=${KNOWN.report.series}`);
        expect(value(row, '00100020')).toBe('SYN-ANISO');
        expect(value(row, '00080020')).toBe('20200301');
      });
      it('leaves out what the data set does not have and is not required', async () => {
        const [row] = await found(`/studies/${KNOWN.report.study}/instances?SOPInstanceUID=${KNOWN.report.instance}`);
        expect(row).not.toHaveProperty('00280010');
      });

      it('matches a single value exactly', async () => {
        expect(await studies('PatientID=P-77')).toEqual([KNOWN.frames.study]);
        expect(await studies('PatientID=P-7')).toEqual([]);
        expect(await studies('AccessionNumber=ACC-77')).toEqual([KNOWN.frames.study]);
      });
      it('takes a tag for a keyword', async () => {
        expect(await studies('00100020=P-77')).toEqual([KNOWN.frames.study]);
      });
      it('matches wild cards', async () => {
        expect(await studies('PatientID=SYN-*')).toEqual([KNOWN.slice1.study, KNOWN.oblique.study].sort());
        expect(await studies('PatientID=SYN-???')).toEqual([KNOWN.oblique.study]);
        expect(await studies('PatientID=*-77')).toEqual([KNOWN.frames.study]);
      });
      it('takes what a wild card does not mean literally', async () => {
        expect(await studies('PatientID=P.77')).toEqual([]);
        expect(await studies('PatientID=SYN-[A-Z]*')).toEqual([]);
      });
      it('takes an empty key and * for any value, also none', async () => {
        expect(await studies('PatientID=')).toHaveLength(7);
        expect(await studies('AccessionNumber=*')).toHaveLength(7);
      });
      it('returns an attribute that an empty key names', async () => {
        const [row] = await found(`/studies?StudyInstanceUID=${KNOWN.frames.study}&StudyDescription=`);
        expect(value(row, '00081030')).toBe('Schädel, nativ');
      });
      it('matches a name without regard to case', async () => {
        expect(await studies('PatientName=corpus^syn*')).toEqual([KNOWN.slice1.study, KNOWN.oblique.study].sort());
        expect(await studies('PatientName=CORPUS^0028')).toEqual([KNOWN.latinReport.study]);
      });
      it('matches a name with letters beyond ASCII', async () => {
        expect(await studies(`PatientName=${encodeURIComponent('Müller^J*')}`)).toEqual([KNOWN.frames.study]);
        expect(await studies(`PatientName=${encodeURIComponent('Buc^Jérôme')}`)).toEqual([KNOWN.french.study]);
      });
      it('gives text in UTF-8 whatever the file is written in', async () => {
        const [row] = await found(`/studies?StudyInstanceUID=${KNOWN.french.study}`);
        expect(row?.['00100010']?.Value).toEqual([{ Alphabetic: 'Buc^Jérôme' }]);
      });
      it('says that its text is UTF-8', async () => {
        const [row] = await found(`/studies?StudyInstanceUID=${KNOWN.french.study}`);
        expect(value(row, '00080005')).toBe('ISO_IR 192');
      });
      it('matches dates and ranges of dates', async () => {
        const synthetic = [KNOWN.slice1.study, KNOWN.oblique.study].sort();
        expect(await studies('StudyDate=20200301')).toEqual(synthetic);
        expect(await studies('StudyDate=20200301-20200301')).toEqual(synthetic);
        expect(await studies('StudyDate=20200302-20210615')).toEqual([KNOWN.frames.study]);
        expect(await studies('StudyDate=19000101-20001012')).toEqual([KNOWN.latinReport.study]);
        expect(await studies('StudyDate=20210616-')).toEqual([KNOWN.jpegLs.study]);
        expect(await studies('StudyDate=20200302-20210614')).toEqual([]);
      });
      it('matches ranges of times', async () => {
        expect(await studies('StudyTime=101500-101530')).toEqual(
          [KNOWN.slice1.study, KNOWN.oblique.study, KNOWN.latinReport.study, KNOWN.frames.study].sort(),
        );
        expect(await studies('StudyTime=000000-050000')).toEqual([KNOWN.jpegLs.study]);
        expect(await studies('StudyTime=115959-')).toEqual([KNOWN.rle.study]);
      });
      it('does not take a missing date or time for one before an end', async () => {
        expect(await studies('StudyDate=-20001012')).toEqual([KNOWN.latinReport.study]);
        expect(await studies('StudyTime=-050000')).toEqual([KNOWN.jpegLs.study]);
      });
      it('refuses a date that is none', async () => {
        expect((await get('/studies?StudyDate=2020-03-01')).status).toBe(400);
        expect((await get('/studies?StudyDate=20209901')).status).toBe(400);
      });
      it('matches a list of UIDs by comma', async () => {
        const two = [KNOWN.slice1.study, KNOWN.rle.study];
        expect(await studies(`StudyInstanceUID=${two.join(',')}`)).toEqual([...two].sort());
        expect(await studies(`StudyInstanceUID=${two.join('%2C')}`)).toEqual([...two].sort());
      });
      it('matches a list of UIDs by backslash', async () => {
        const two = [KNOWN.slice1.study, KNOWN.rle.study];
        expect(await studies(`StudyInstanceUID=${two.join('%5C')}`)).toEqual([...two].sort());
      });
      it('matches ModalitiesInStudy, one or any of several', async () => {
        expect(await studies('ModalitiesInStudy=SR')).toEqual([KNOWN.slice1.study, KNOWN.latinReport.study].sort());
        expect(await studies('ModalitiesInStudy=SEG,SR')).toEqual(
          [KNOWN.slice1.study, KNOWN.latinReport.study, KNOWN.frames.study].sort(),
        );
      });
      it('matches one of several modalities across studies', async () => {
        expect(values(await found('/series?Modality=SR,SEG'), '0020000E')).toEqual(
          [KNOWN.report.series, KNOWN.latinReport.series, KNOWN.bits.series].sort(),
        );
      });
      it('matches a study attribute in a search for series and instances', async () => {
        expect(values(await found('/series?PatientID=SYN-ANISO&Modality=SR'), '0020000E')).toEqual([
          KNOWN.report.series,
        ]);
        expect(values(await found('/instances?StudyDate=20210615&Modality=OT'), '00080018')).toEqual([
          KNOWN.frames.instance,
        ]);
      });
      it('matches SOPClassUID and InstanceNumber of instances', async () => {
        expect(
          values(
            await found(`/studies/${KNOWN.report.study}/instances?SOPClassUID=1.2.840.10008.5.1.4.1.1.88.34`),
            '00080018',
          ),
        ).toEqual([KNOWN.report.instance]);
        expect(
          values(
            await found(`/studies/${KNOWN.slice1.study}/series/${KNOWN.slice1.series}/instances?InstanceNumber=2`),
            '00080018',
          ),
        ).toEqual([KNOWN.slice2.instance]);
      });
      it('matches an attribute that nobody searches for', async () => {
        expect(
          values(
            await found(`/studies/${KNOWN.slice1.study}/instances?PhotometricInterpretation=MONOCHROME2`),
            '00080018',
          ),
        ).toEqual([KNOWN.slice1.instance, KNOWN.slice2.instance].sort());
        expect(values(await found(`/instances?PatientID=P-77&BitsStored=1`), '00080018')).toEqual([
          KNOWN.bits.instance,
        ]);
      });
      it('matches date and time in one, by their offsets from UTC', async () => {
        const moment = (key: string): Promise<readonly unknown[]> =>
          found(`/instances?PatientID=P-77&AcquisitionDateTime=${encodeURIComponent(key)}`).then((rows) =>
            values(rows, '00080018'),
          );
        expect(await moment('20210615081500+0000-20210615081600+0000')).toEqual([KNOWN.frames.instance]);
        expect(await moment('20210615101500+0000-20210615101600+0000')).toEqual([]);
      });
      it('matches an attribute inside a sequence', async () => {
        const series = (query: string): Promise<readonly unknown[]> =>
          found(`/series?${query}`).then((rows) => values(rows, '0020000E'));
        expect(await series('RequestAttributesSequence.ScheduledProcedureStepID=STEP-2')).toEqual([
          KNOWN.frames.series,
        ]);
        expect(await series('00400275.00401001=PROC-1')).toEqual([KNOWN.frames.series]);
        expect(await series('00400275.00401001=PROC-3')).toEqual([]);
      });
      it('matches several attributes in one and the same item', async () => {
        const series = (query: string): Promise<readonly unknown[]> =>
          found(`/series?${query}`).then((rows) => values(rows, '0020000E'));
        expect(await series('00400275.00400009=STEP-2&00400275.00401001=PROC-2')).toEqual([KNOWN.frames.series]);
        expect(await series('00400275.00400009=STEP-1&00400275.00401001=PROC-2')).toEqual([]);
      });
      it('needs all keys to match', async () => {
        expect(await studies('PatientID=P-77&StudyDate=20200301')).toEqual([]);
      });
      it('refuses a parameter that it does not know, by its name', async () => {
        const answer = await get('/studies?Nonsense=1');
        expect(answer.status).toBe(400);
        expect(answer.body.toString()).toContain('Nonsense');
      });
      it('refuses a key below the level that is sought', async () => {
        expect((await get('/studies?SeriesInstanceUID=1.2.3')).status).toBe(400);
      });

      it('pages by limit and offset without loss', async () => {
        const uids: unknown[] = [];
        for (let offset = 0; offset < 10; offset += 3)
          uids.push(...(await found(`/instances?limit=3&offset=${offset}`)).map((row) => value(row, '00080018')));
        expect(uids.sort()).toEqual(ALL_KNOWN.map(({ instance }) => instance).sort());
      });
      it('answers an offset beyond the end with nothing', async () => {
        const answer = await get('/studies?offset=100');
        expect([200, 204]).toContain(answer.status);
        if (answer.status === 200) expect(rowsOf(answer)).toEqual([]);
      });
      it('tells how many results are left', async () => {
        const first = await get('/studies?limit=3');
        expect(first.headers.get('warning')).toMatch(/^299 .*There are 4 additional results that can be requested/);
        expect((await get('/studies?limit=7')).headers.get('warning')).toBeNull();
        expect((await get('/studies?limit=3&offset=4')).headers.get('warning')).toBeNull();
      });
      it('refuses a limit or offset that is no number', async () => {
        expect((await get('/studies?limit=abc')).status).toBe(400);
        expect((await get('/studies?offset=x')).status).toBe(400);
      });
      it('says that it matches names literally when fuzzy matching is asked for', async () => {
        const answer = await get('/studies?PatientID=P-77&fuzzymatching=true');
        expect(answer.status).toBe(200);
        expect(rowsOf(answer)).toHaveLength(1);
        expect(answer.headers.get('warning')).toMatch(/^299 .*fuzzymatching/);
      });

      for (const [how, query] of [
        ['keyword', 'includefield=StudyDescription'],
        ['tag', 'includefield=00081030'],
        ['comma list', 'includefield=StudyID,StudyDescription'],
        ['encoded comma list', 'includefield=StudyID%2CStudyDescription'],
        ['repetition', 'includefield=StudyDescription&includefield=StudyDate'],
      ])
        it(`returns a field that is asked for by ${how}`, async () => {
          const [row] = await found(`/studies?StudyInstanceUID=${KNOWN.frames.study}&${query}`);
          expect(value(row, '00081030')).toBe('Schädel, nativ');
        });
      it('returns a field of the series with an instance', async () => {
        const [row] = await found(
          `/studies/${KNOWN.slice1.study}/series/${KNOWN.slice1.series}/instances?includefield=Modality&includefield=PatientID`,
        );
        expect(value(row, '00080060')).toBe('CT');
        expect(value(row, '00100020')).toBe('SYN-ANISO');
      });
      it('returns an uncommon field of an instance', async () => {
        const [row] = await found(
          `/studies/${KNOWN.slice1.study}/instances?InstanceNumber=1&Modality=CT&includefield=PixelSpacing`,
        );
        expect(row?.['00280030']?.Value).toEqual([0.6, 0.9]);
      });
      it('returns everything but bulk data with includefield=all', async () => {
        const [row] = await found(
          `/studies/${KNOWN.slice1.study}/instances?InstanceNumber=1&Modality=CT&includefield=all`,
        );
        expect(row?.['00280030']?.Value).toEqual([0.6, 0.9]);
        expect(row?.['00200037']?.Value).toHaveLength(6);
        expect(row?.['7FE00010']).not.toHaveProperty('InlineBinary');
      });
      it('answers a search below an unknown study with nothing', async () => {
        const answer = await get('/studies/1.2.3.4/series');
        expect([200, 204]).toContain(answer.status);
        if (answer.status === 200) expect(rowsOf(answer)).toEqual([]);
      });
      it('refuses to answer a search as something else than DICOM JSON or XML', async () => {
        expect((await get('/studies', 'text/html')).status).toBe(406);
      });
    });

    describe('WADO-RS', () => {
      it('gives an instance back byte for byte', async () => {
        for (const known of ALL_KNOWN) {
          const answer = await get(pathOf(known), ALL_SYNTAXES);
          expect(answer.status).toBe(200);
          const parts = partsOf(answer);
          expect(parts).toHaveLength(1);
          expect(parts[0]?.headers.get('content-type')).toMatch(/^application\/dicom/);
          expect(parts[0]?.body.equals(known.bytes)).toBe(true);
        }
      });
      it('gives an instance alone as application/dicom', async () => {
        const answer = await get(pathOf(KNOWN.report), 'application/dicom');
        expect(answer.status).toBe(200);
        expect(answer.headers.get('content-type')).toMatch(/^application\/dicom/);
        expect(answer.body.equals(KNOWN.report.bytes)).toBe(true);
      });
      it('gives all instances of a series and of a study', async () => {
        for (const [path, known] of [
          [`/studies/${KNOWN.slice1.study}/series/${KNOWN.slice1.series}`, [KNOWN.slice1, KNOWN.slice2]],
          [`/studies/${KNOWN.slice1.study}`, [KNOWN.slice1, KNOWN.slice2, KNOWN.report]],
        ] as const) {
          const parts = partsOf(await get(path, ALL_SYNTAXES));
          expect(parts.map(({ body }) => body.toString('base64')).sort()).toEqual(
            known.map(({ bytes }) => bytes.toString('base64')).sort(),
          );
        }
      });
      it('gives what is stored uncompressed where no transfer syntax is named', async () => {
        const parts = partsOf(await get(pathOf(KNOWN.slice1), 'multipart/related; type="application/dicom"'));
        expect(parts[0]?.body.equals(KNOWN.slice1.bytes)).toBe(true);
      });
      it('gives an instance in the transfer syntax that it is stored in when that is named', async () => {
        const named = `multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.80`;
        const parts = partsOf(await get(pathOf(KNOWN.jpegLs), named));
        expect(parts[0]?.body.equals(KNOWN.jpegLs.bytes)).toBe(true);
      });
      it('labels a part with the transfer syntax of its file', async () => {
        const [part] = partsOf(await get(pathOf(KNOWN.jpegLs), ALL_SYNTAXES));
        expect(part?.headers.get('content-type')).toMatch(/transfer-syntax="?1\.2\.840\.10008\.1\.2\.4\.80"?/);
      });
      it('says where a part comes from', async () => {
        const [part] = partsOf(await get(pathOf(KNOWN.report), ALL_SYNTAXES));
        expect(part?.headers.get('content-location')).toContain(pathOf(KNOWN.report));
      });
      it('refuses a transfer syntax that it cannot give', async () => {
        const jpeg2000 = 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.90';
        expect((await get(pathOf(KNOWN.slice1), jpeg2000)).status).toBe(406);
      });
      it('refuses a media type that it cannot give', async () => {
        expect((await get(pathOf(KNOWN.slice1), 'video/mp4')).status).toBe(406);
      });
      it('knows nothing of what is not there', async () => {
        const there = KNOWN.slice1;
        for (const path of [
          '/studies/1.2.3',
          `/studies/${there.study}/series/1.2.3`,
          pathOf({ ...there, instance: '1.2.3' }),
          pathOf({ ...there, series: '1.2.3' }),
          pathOf({ ...there, study: KNOWN.report.study.slice(0, -1) }),
        ])
          expect((await get(path, ALL_SYNTAXES)).status).toBe(404);
      });

      it('gives metadata of an instance, a series and a study', async () => {
        for (const [path, count] of [
          [pathOf(KNOWN.slice1), 1],
          [`/studies/${KNOWN.slice1.study}/series/${KNOWN.slice1.series}`, 2],
          [`/studies/${KNOWN.slice1.study}`, 3],
        ] as const) {
          const rows = await found(`${path}/metadata`);
          expect(rows).toHaveLength(count);
          expect(values(rows, '0020000D')).toEqual(new Array(count).fill(KNOWN.slice1.study));
        }
      });
      it('gives metadata without group 2 and without pixels', async () => {
        const [row] = await found(`${pathOf(KNOWN.slice1)}/metadata`);
        expect(Object.keys(row ?? {}).filter((key) => key.startsWith('0002'))).toEqual([]);
        expect(row?.['7FE00010']).toMatchObject({ BulkDataURI: expect.stringContaining('http') });
        expect(row?.['00280030']).toEqual({ vr: 'DS', Value: [0.6, 0.9] });
        expect(row?.['00100010']).toEqual({ vr: 'PN', Value: [{ Alphabetic: 'Corpus^SYN-ANISO' }] });
      });
      it('gives sequences in metadata', async () => {
        const [row] = await found(`${pathOf(KNOWN.frames)}/metadata`);
        expect(row?.['00400275']?.Value).toEqual([
          expect.objectContaining({ '00400009': { vr: 'SH', Value: ['STEP-1'] } }),
          expect.objectContaining({ '00400009': { vr: 'SH', Value: ['STEP-2'] } }),
        ]);
      });
      it('gives the bytes that a BulkDataURI of its metadata stands for', async () => {
        const [row] = await found(`${pathOf(KNOWN.frames)}/metadata`);
        const octets = 'multipart/related; type="application/octet-stream"';
        for (const [tag, bytes] of [
          ['7FE00010', Buffer.concat(FRAMES)],
          ['00420011', Buffer.alloc(3000, 7)],
        ] as const) {
          const uri = row?.[tag]?.BulkDataURI;
          expect(uri).toBeDefined();
          const answer = await ask(new URL(uri ?? '', `${archive.url}/`).href, {
            headers: { ...archive.headers, accept: octets },
          });
          expect(partsOf(answer)[0]?.body.equals(bytes)).toBe(true);
        }
      });

      it('gives frames of native pixels', async () => {
        const octets = 'multipart/related; type="application/octet-stream"';
        const parts = partsOf(await get(`${pathOf(KNOWN.frames)}/frames/1,3`, octets));
        expect(parts.map(({ body }) => [...body])).toEqual([[...FRAMES[0]!], [...FRAMES[2]!]]);
        const [slice] = partsOf(await get(`${pathOf(KNOWN.slice1)}/frames/1`, octets));
        // the pixels are the end of this file: 128 rows, 160 columns, 16 bits
        expect(slice?.body.equals(KNOWN.slice1.bytes.subarray(-2 * 128 * 160))).toBe(true);
      });
      it('gives frames of one bit a pixel that begin within a byte', async () => {
        const octets = 'multipart/related; type="application/octet-stream"';
        const parts = partsOf(await get(`${pathOf(KNOWN.bits)}/frames/1,2`, octets));
        expect(parts.map(({ body }) => [...body])).toEqual(BIT_FRAMES.map((frame) => [...frame]));
      });
      it('gives frames of encapsulated pixels as they are stored', async () => {
        const stored = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';
        const fragments = fragmentsOf(KNOWN.rle.bytes);
        expect(fragments).toHaveLength(2);
        const parts = partsOf(await get(`${pathOf(KNOWN.rle)}/frames/1,2`, stored));
        expect(parts.map(({ body }) => body.toString('base64'))).toEqual(
          fragments.map((bytes) => bytes.toString('base64')),
        );
        expect(parts[0]?.headers.get('content-type')).toMatch(/transfer-syntax="?1\.2\.840\.10008\.1\.2\.5/);
      });
      it('gives a frame in its own media type', async () => {
        const jls = 'multipart/related; type="image/jls"; transfer-syntax=1.2.840.10008.1.2.4.80';
        const answer = await get(`${pathOf(KNOWN.jpegLs)}/frames/1`, jls);
        expect(answer.status).toBe(200);
        const [part] = partsOf(answer);
        expect(part?.headers.get('content-type')).toMatch(/^image\/jls/);
        expect(part?.body.equals(Buffer.concat(fragmentsOf(KNOWN.jpegLs.bytes)))).toBe(true);
      });
      it('refuses frames that cannot be', async () => {
        expect((await get(`${pathOf(KNOWN.frames)}/frames/0`, '*/*')).status).toBe(400);
        expect((await get(`${pathOf(KNOWN.frames)}/frames/x`, '*/*')).status).toBe(400);
      });
      it('does not know a frame beyond the last', async () => {
        expect((await get(`${pathOf(KNOWN.frames)}/frames/4`, '*/*')).status).toBe(404);
      });
      it('has no frames of a report', async () => {
        expect((await get(`${pathOf(KNOWN.report)}/frames/1`, '*/*')).status).toBe(404);
      });
    });

    describe('STOW-RS', () => {
      const study = '1.2.826.0.1.3680043.10.1452.2';
      const made = (number: number, content = 'as sent', studyUid = study): Buffer =>
        handMade({
          study: studyUid,
          series: `${studyUid}.1`,
          instance: `${studyUid}.1.${number}`,
          rows: [
            [0x00080060, 'CS', 'OT'],
            [0x00080070, 'LO', content],
            [0x00100010, 'PN', 'Made^Up'],
            [0x00100020, 'LO', 'MADE-UP'],
          ],
        });
      const known = (number: number): Omit<KnownInstance, 'bytes'> => ({
        study,
        series: `${study}.1`,
        instance: `${study}.1.${number}`,
      });
      const kept = async (number: number): Promise<Buffer | undefined> => {
        const answer = await get(pathOf(known(number)), ALL_SYNTAXES);
        return answer.status === 200 ? partsOf(answer)[0]?.body : undefined;
      };
      const references = (answer: Answer): readonly unknown[] =>
        values((rowOf(answer)['00081199']?.Value ?? []) as ReturnType<typeof rowsOf>, '00081155');
      const failures = (answer: Answer): readonly (readonly unknown[])[] =>
        ((rowOf(answer)['00081198']?.Value ?? []) as ReturnType<typeof rowsOf>).map((row) => [
          value(row, '00081155'),
          value(row, '00081197'),
        ]);

      it('stores new instances and says where they are', async () => {
        const answer = await post('/studies', storeBody([made(1), made(2)]));
        expect(answer.status).toBe(200);
        expect(answer.headers.get('content-type')).toMatch(/^application\/dicom\+json/);
        expect(references(answer)).toEqual([known(1).instance, known(2).instance]);
        expect(failures(answer)).toEqual([]);
        const rows = (rowOf(answer)['00081199']?.Value ?? []) as ReturnType<typeof rowsOf>;
        expect(values(rows, '00081190')).toEqual([
          `${archive.url}${pathOf(known(1))}`,
          `${archive.url}${pathOf(known(2))}`,
        ]);
        expect(values(rows, '00081150')).toEqual([SECONDARY_CAPTURE, SECONDARY_CAPTURE]);
        expect((await kept(1))?.equals(made(1))).toBe(true);
      });
      it('finds at once what was stored', async () => {
        await post(`/studies/${study}`, storeBody([made(3)]));
        expect(
          values(await found(`/studies/${study}/instances?SOPInstanceUID=${known(3).instance}`), '00080018'),
        ).toEqual([known(3).instance]);
      });
      it('takes the same bytes again as stored', async () => {
        await post('/studies', storeBody([made(4)]));
        const again = await post('/studies', storeBody([made(4)]));
        expect(again.status).toBe(200);
        expect(references(again)).toEqual([known(4).instance]);
        expect((await kept(4))?.equals(made(4))).toBe(true);
      });
      it('keeps the old and refuses the new when other content comes under a known UID', async () => {
        await post('/studies', storeBody([made(5)]));
        const other = await post('/studies', storeBody([made(5, 'other content')]));
        expect((await kept(5))?.equals(made(5))).toBe(true);
        expect(other.status).toBe(409);
        expect(failures(other)).toEqual([[known(5).instance, 273]]);
        expect(references(other)).toEqual([]);
      });
      it('refuses an instance of another study than the path names', async () => {
        const answer = await post('/studies/1.2.3.4.5', storeBody([made(6)]));
        expect(answer.status).toBe(409);
        expect(failures(answer)).toEqual([[known(6).instance, 272]]);
        expect(await kept(6)).toBeUndefined();
      });
      it('stores the good part of a message beside a bad one', async () => {
        const answer = await post('/studies', storeBody([made(7), Buffer.from('this is no DICOM'), made(8)]));
        expect(references(answer)).toEqual([known(7).instance, known(8).instance]);
        expect((await kept(7))?.equals(made(7))).toBe(true);
      });
      it('answers 202 when only some could be stored', async () => {
        const answer = await post('/studies', storeBody([made(9), Buffer.from('this is no DICOM')]));
        expect(answer.status).toBe(202);
      });
      it('counts a part without identity among the failures', async () => {
        const answer = await post('/studies', storeBody([made(10), Buffer.from('this is no DICOM')]));
        expect(rowOf(answer)['0008119A']?.Value).toHaveLength(1);
      });
      it('refuses what is no DICOM or is cut off', async () => {
        for (const bytes of [Buffer.from('this is no DICOM'), Buffer.alloc(0), made(11).subarray(0, -5)]) {
          const answer = await post('/studies', storeBody([bytes]));
          expect(answer.status).toBe(400);
          expect(references(answer)).toEqual([]);
        }
        expect(await kept(11)).toBeUndefined();
      });
      it('takes a type parameter without quotes', async () => {
        const contentType = 'multipart/related; type=application/dicom; boundary=a-boundary-of-the-test';
        expect((await post('/studies', storeBody([made(12)], { contentType }))).status).toBe(200);
      });
      it('refuses another media type', async () => {
        for (const contentType of [
          'application/dicom',
          'text/plain',
          'multipart/related; type="application/dicom+json"; boundary=a-boundary-of-the-test',
        ])
          expect((await post('/studies', storeBody([made(13)], { contentType }))).status).toBe(415);
        expect(await kept(13)).toBeUndefined();
      });
      it('refuses a multipart type without boundary', async () => {
        const contentType = 'multipart/related; type="application/dicom"';
        expect((await post('/studies', storeBody([made(14)], { contentType }))).status).toBe(400);
      });
      it('stores the same from many at once as once', async () => {
        const answers = await Promise.all(Array.from({ length: 8 }, () => post('/studies', storeBody([made(15)]))));
        expect(answers.map(({ status }) => status)).toEqual(new Array(8).fill(200));
        expect(await found(`/studies/${study}/instances?SOPInstanceUID=${known(15).instance}`)).toHaveLength(1);
      });
    });

    it('does nothing but GET and POST', async () => {
      for (const method of ['PUT', 'DELETE', 'PATCH']) {
        const answer = await ask(`${archive.url}/studies/${KNOWN.slice1.study}`, {
          method,
          headers: { ...archive.headers },
        });
        expect(answer.status).toBe(405);
      }
    });

    test('every difference that is listed belongs to a test', () => {
      expect(Object.keys(differences).filter((title) => !titles.has(title))).toEqual([]);
    });
  });
}
