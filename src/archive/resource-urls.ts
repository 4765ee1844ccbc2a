/** Addresses of the archive's resources below its base URL, which ends without a slash. Identifiers that are no UIDs are escaped. */
export interface ResourceUrls {
  readonly base: string;
  study(study: string): string;
  series(study: string, series: string): string;
  instance(study: string, series: string, instance: string): string;
}

export function resourceUrls(base: string): ResourceUrls {
  const study = (uid: string): string => `${base}/studies/${encodeURIComponent(uid)}`;
  const series = (studyUid: string, uid: string): string => `${study(studyUid)}/series/${encodeURIComponent(uid)}`;
  return {
    base,
    study,
    series,
    instance: (studyUid, seriesUid, uid) => `${series(studyUid, seriesUid)}/instances/${encodeURIComponent(uid)}`,
  };
}
