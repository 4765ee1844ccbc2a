/** `5 %`; nothing for all, or where there is no share. */
export const sharePercent = (share: number | undefined): string =>
  share === undefined || share === 1 ? '' : `${Number((100 * share).toPrecision(4))} %`;
