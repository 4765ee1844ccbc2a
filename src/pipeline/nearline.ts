import type {
  Archive,
  ArchiveProblem,
  InstanceReference,
  Query,
  SearchOptions,
  SeriesReference,
} from '../dicomweb/index.js';
import { fail, ok, TAG, type DataSet, type Result, type SopInstanceUid } from '../domain/index.js';
import type { Sighting } from '../ledger/index.js';

/** What is done where an archive would have to fetch something from slow media first: wait until somebody has it fetched, or ask for it all the same. */
export type Nearline = 'wait' | 'recall';

/** PS3.3 C.4.23.1.1. What an archive does not say is taken for online. */
export const isOnline = (availability: string | undefined): boolean =>
  availability === undefined || availability === 'ONLINE';

/** Whether a report that was not online when a search showed it last is so still. Costs nothing for all others. */
export async function isReportOnline(
  archive: Archive,
  sighting: Sighting,
  instance: SopInstanceUid,
): Promise<Result<boolean, ArchiveProblem>> {
  if (isOnline(sighting.availability)) return ok(true);
  const rows = await archive.search(
    'instances',
    {
      StudyInstanceUID: sighting.studyInstanceUID,
      SeriesInstanceUID: sighting.seriesInstanceUID,
      SOPInstanceUID: instance,
    },
    { include: AVAILABILITY },
  );
  return rows.ok ? ok(rows.value.every((row) => isOnline(row.text(TAG.InstanceAvailability)))) : rows;
}

const AVAILABILITY = ['InstanceAvailability'];

/** What is asked for where the images of a series stand. */
export const PLANE_ATTRIBUTES = [
  'ImagePositionPatient',
  'ImageOrientationPatient',
  'PixelSpacing',
  'Rows',
  'Columns',
  'FrameOfReferenceUID',
];

/** For so long, the rows of a series are taken for what the archive would say. */
const FRESH_MS = 30_000;

interface Look {
  readonly at: number;
  readonly rows: Promise<Result<readonly DataSet[], ArchiveProblem>>;
}

/**
 * An archive of images of which nothing is retrieved that is not online, since asking for it makes many an archive fetch the whole study from tape. One
 * search a series tells, before its first image is retrieved, and is the search for positions too; an archive that does not answer
 * InstanceAvailability is asked so once.
 */
export function withoutRecall(archive: Archive, now: () => number): Archive {
  const looks = new Map<string, Look>();
  let answers: 'perhaps' | 'never' = 'perhaps';

  const fresh = (place: SeriesReference): Look | undefined => {
    const look = looks.get(keyOf(place));
    return look && Math.abs(now() - look.at) < FRESH_MS ? look : undefined;
  };
  const lookAt = (place: SeriesReference): Look => {
    for (const [key, { at }] of looks) if (Math.abs(now() - at) >= FRESH_MS) looks.delete(key);
    const query = { StudyInstanceUID: place.study, SeriesInstanceUID: place.series };
    const look = {
      at: now(),
      rows: archive.search('instances', query, { include: [...PLANE_ATTRIBUTES, ...AVAILABILITY] }),
    };
    looks.set(keyOf(place), look);
    return look;
  };

  async function mayRetrieve({ study, series, instance }: InstanceReference): Promise<boolean> {
    const rows = await (fresh({ study, series }) ?? lookAt({ study, series })).rows;
    // an archive that cannot be searched says why when it is asked for the image
    if (!rows.ok) {
      if (rows.error.status === 400) answers = 'never';
      return true;
    }
    const said = rows.value.map((row) => row.text(TAG.InstanceAvailability));
    if (rows.value.length > 0 && said.every((availability) => availability === undefined)) answers = 'never';
    return rows.value.every((row, i) => row.text(TAG.SOPInstanceUID) !== instance || isOnline(said[i]));
  }

  return {
    ...archive,
    search: async (level, query, options) => {
      const place = level === 'instances' ? wholeSeries(query, options) : undefined;
      const look = place && (fresh(place) ?? (answers === 'perhaps' ? lookAt(place) : undefined));
      const rows = look && (await look.rows);
      return rows?.ok ? rows : archive.search(level, query, options);
    },
    retrieve: async (instance) =>
      answers === 'never' || (await mayRetrieve(instance)) ? archive.retrieve(instance) : fail({ code: 'nearline' }),
  };
}

const keyOf = ({ study, series }: SeriesReference): string => `${study} ${series}`;

/** The series, where all of it is asked for, and nothing that was not answered when it was looked at. */
function wholeSeries(query: Query, options: SearchOptions | undefined): SeriesReference | undefined {
  const { StudyInstanceUID: study, SeriesInstanceUID: series, ...further } = query;
  if (study === undefined || series === undefined || Object.keys(further).length > 0) return undefined;
  if ((options?.include ?? []).some((keyword) => !PLANE_ATTRIBUTES.includes(keyword))) return undefined;
  return { study, series } as SeriesReference;
}
