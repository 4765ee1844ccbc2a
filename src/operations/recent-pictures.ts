import type { ReasonCode, Result } from '../domain/index.js';
import type { ReportNumber, ReportStory } from '../ledger/index.js';
import type { LesionView } from '../pipeline/index.js';
import { measurementPicture, type MeasurementPicture } from './measurement-picture.js';

type Pictures = ReadonlyMap<string, MeasurementPicture | ReasonCode>;

const REPORTS_KEPT = 4;

/** Pictures of the reports looked at last: a page asks once for the text and once for each image. They are made again where the report has moved on. */
export class RecentPictures {
  readonly #kept = new Map<ReportNumber, { readonly of: string; readonly pictures: Promise<Pictures> }>();

  constructor(
    private readonly lesionViews: (story: ReportStory) => Promise<ReadonlyMap<string, Result<LesionView, ReasonCode>>>,
  ) {}

  of(story: ReportStory): Promise<Pictures> {
    const state = JSON.stringify([story.runs[0]?.id, story.runs[0]?.changed]);
    const kept = this.#kept.get(story.report.number);
    if (kept?.of === state) return kept.pictures;
    const pictures = this.#make(story);
    this.#kept.delete(story.report.number);
    this.#kept.set(story.report.number, { of: state, pictures });
    if (this.#kept.size > REPORTS_KEPT) this.#kept.delete([...this.#kept.keys()][0]!);
    pictures.catch(() => this.#kept.delete(story.report.number));
    return pictures;
  }

  async #make(story: ReportStory): Promise<Pictures> {
    const views = await this.lesionViews(story);
    return new Map([...views].map(([key, view]) => [key, view.ok ? measurementPicture(view.value) : view.error]));
  }
}
