import { readFileSync } from 'node:fs';

const row = (...cells) => `| ${cells.join(' | ')} |`;
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const fixed = (value, digits = 3) => (value === null ? '' : value.toFixed(digits));

/** docs/agreement.md from docs/agreement-curve.json (scripts/calibrate-agreement.mjs) and the threshold in the code. */
export function agreementPage(curveFile, autoHoldBelow) {
  const { kernelRevision, rows, curves, rankCorrelation, thresholds, radiologists } = JSON.parse(
    readFileSync(curveFile, 'utf8'),
  );
  const [asMarked, short] = curves;
  const usual = rankCorrelation[0];
  const shortened = rankCorrelation[1];
  const auto = thresholds.find(({ below }) => below === autoHoldBelow);
  const mark = ({ below }) => (below === autoHoldBelow ? `**${below}**` : String(below));
  return [
    '# Agreement, and what is held by it',
    '',
    'Generated from `docs/agreement-curve.json` by `npm run docs`; `scripts/calibrate-agreement.mjs` measures the curve anew.',
    '',
    'Agreement (0 to 1) says how well a mask re-measures as its marks do: `src/segmentation/agreement.ts` has the formula. It rejects: leaks, wrong',
    'components, empty results. It does not grade masks, nor rank methods: a copy of the marks agrees with them by construction, errors included.',
    '',
    `Measured with kernel revision ${kernelRevision}, method \`grabcut\`, on ${rows.lidc} lung nodules (LIDC-IDRI) and ${rows.sts} slices of soft-tissue sarcomas`,
    "(Soft-tissue-Sarcoma) with expert masks, the training split; marks with an observer's error, as they are and shortened to 0.85 about their middle,",
    `since radiologists mark short. Radiologists' own marks: ${radiologists} lesions of DeepLesion, masks by other people.`,
    '',
    '## What Dice to expect',
    '',
    "Isotonic regression (the best curve that never falls; both sources weigh the same). A row holds from its agreement up to the next row's.",
    '',
    row('from agreement', 'expected Dice', 'lesions'),
    row('---', '---', '---'),
    ...asMarked.steps.map(([from, dice, n]) => row(fixed(from), fixed(dice), n)),
    '',
    'With marks shortened to 0.85:',
    '',
    row('from agreement', 'expected Dice', 'lesions'),
    row('---', '---', '---'),
    ...short.steps.map(([from, dice, n]) => row(fixed(from), fixed(dice), n)),
    '',
    `Rank correlation of agreement and Dice: nodules ${fixed(usual.lidc, 2)}, sarcomas ${fixed(usual.sts, 2)}; with short marks ${fixed(shortened.lidc, 2)} and ${fixed(shortened.sts, 2)}. It finds`,
    "failures and does not grade good masks: half of what it measures is the observer's own error, and where the image says little the marks made the",
    'mask. A wrong contour that has the right lengths is not found.',
    '',
    '## What a threshold holds',
    '',
    'Share of our masks held, and mean Dice of those held / of those kept:',
    '',
    row(
      'below',
      'nodules',
      'Dice',
      'sarcomas',
      'Dice',
      'nodules, marks x 0.85',
      'Dice',
      'sarcomas, marks x 0.85',
      'Dice',
    ),
    row(...Array(9).fill('---')),
    ...thresholds.map((t) =>
      row(
        mark(t),
        ...t.made.flatMap((m) =>
          ['lidc', 'sts'].flatMap((s) => [percent(m[s].held), `${fixed(m[s].diceOfHeld)} / ${fixed(m[s].diceOfKept)}`]),
        ),
      ),
    ),
    '',
    "Share of *experts'* masks that it would hold, which are right:",
    '',
    row('below', 'nodules', 'sarcomas', 'nodules, marks x 0.85', 'sarcomas, marks x 0.85', "radiologists' marks"),
    row(...Array(6).fill('---')),
    ...thresholds.map((t) =>
      row(mark(t), ...t.expert.flatMap((e) => [percent(e.lidc), percent(e.sts)]), percent(t.radiologists)),
    ),
    '',
    '## `holdBelowAgreement: auto`',
    '',
    `\`auto\` is ${autoHoldBelow} (\`src/domain/policy/decide.ts\`): the highest of these thresholds that holds under 1 % of the experts' masks in every column. It`,
    `holds ${percent(auto.made[0].lidc.held)} of the nodules (${percent(auto.made[1].lidc.held)} with short marks), whose mean Dice is ${fixed(auto.made[0].lidc.diceOfHeld)} (${fixed(auto.made[1].lidc.diceOfHeld)}) against ${fixed(auto.made[0].lidc.diceOfKept)} (${fixed(auto.made[1].lidc.diceOfKept)})`,
    'of the others. A number in the rule overrides it; 0 holds nothing.',
    '',
  ].join('\n');
}
