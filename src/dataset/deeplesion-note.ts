import type { SourceNote } from './lesion-set.js';

/** NIH released DeepLesion for download and states no formal licence: research data, to be cited. */
export const DEEPLESION_NOTE: SourceNote = {
  name: 'deeplesion',
  dataset: 'DeepLesion (NIH Clinical Center)',
  licence: 'no formal licence text; research use with citation',
  commercial: false,
  citation: 'Yan K et al., J Med Imaging 2018;5:036501, doi 10.1117/1.JMI.5.3.036501',
};
