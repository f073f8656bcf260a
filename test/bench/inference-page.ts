import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { campaignMarkdown } from './lab-campaign-table.js';
import { type KeptCell, keptCells } from './lab-cells.js';

/** docs/inference.json, from which the marked parts of docs/inference.md are made. */
const FIGURES = fileURLToPath(new URL('../../../docs/inference.json', import.meta.url));
const PAGE = fileURLToPath(new URL('../../../docs/inference.md', import.meta.url));

/** Verdicts by what they claim, and how many of them name the true cause first. */
export interface Claimed {
  readonly from: number;
  readonly verdicts: number;
  readonly right: number;
}

/** What a series of simulated scenarios came to. */
export interface KeptCampaign {
  /** Of the first scenario; the others follow. */
  readonly seed: number;
  readonly scenarios: number;
  readonly tellable: { readonly scenarios: number; readonly right: number; readonly wrong: number };
  readonly others: { readonly scenarios: number; readonly wrong: number };
  /** At 0.9 and more. */
  readonly surelyWrong: number;
  readonly calibration: readonly Claimed[];
}

/** What a change of one number did to a series: of the scenarios that can be told how many are right, and so on. */
export interface Effect {
  readonly right: number;
  readonly surelyWrong: number;
  /** Verdicts that name something else than before. */
  readonly other: number;
}

export interface KeptSensitivity {
  readonly seed: number;
  readonly scenarios: number;
  readonly tellable: number;
  /** With the numbers as they are. */
  readonly before: Effect;
  readonly numbers: readonly {
    /** Of src/bisect, without its ending. */
    readonly file: string;
    readonly name: string;
    readonly value: number;
    readonly halved: Effect;
    readonly doubled: Effect;
  }[];
}

export interface Figures {
  readonly campaigns: readonly KeptCampaign[];
  readonly sensitivity: KeptSensitivity | null;
}

/** The page with the parts between its marks as the figures and the cells of the lab have them. */
export function inferencePage(page: string, { campaigns, sensitivity }: Figures, cells: readonly KeptCell[]): string {
  const filled = between(between(page, 'campaigns', campaignsText(campaigns)), 'lab', campaignMarkdown(cells));
  return sensitivity === null ? filled : between(filled, 'sensitivity', sensitivityText(sensitivity));
}

function between(page: string, name: string, text: string): string {
  const from = page.indexOf(`<!-- ${name}: `);
  const begin = page.indexOf('-->\n', from) + 4;
  const end = page.indexOf(`<!-- /${name} -->`);
  if (from < 0 || end < begin) throw new Error(`docs/inference.md has no part ${name}`);
  return `${page.slice(0, begin)}\n${text}\n${page.slice(end)}`;
}

export function campaignsText(campaigns: readonly KeptCampaign[]): string {
  const share = (right: number, all: number): string => (all === 0 ? '' : `${((100 * right) / all).toFixed(1)} %`);
  const bins = (campaigns[0]?.calibration ?? []).map(({ from }, i, all) => {
    const same = campaigns.map(({ calibration }) => calibration[i] as Claimed);
    const verdicts = same.reduce((sum, one) => sum + one.verdicts, 0);
    const right = same.reduce((sum, one) => sum + one.right, 0);
    return `| ${from} to ${all[i + 1]?.from ?? 1} | ${grouped(verdicts)} | ${share(right, verdicts)} |`;
  });
  const sure = campaigns.reduce((sum, { calibration }) => sum + (calibration.at(-1)?.verdicts ?? 0), 0);
  const wrong = campaigns.reduce((sum, { surelyWrong }) => sum + surelyWrong, 0);
  return [
    '| scenarios | can be told | right | wrong | cannot | wrong | at 0.9 and more | wrong |',
    '|---|---|---|---|---|---|---|---|',
    ...campaigns.map(({ seed, scenarios, tellable, others, calibration, surelyWrong }) =>
      [
        `| ${seed} to ${seed + scenarios - 1}`,
        tellable.scenarios,
        `${tellable.right} (${share(tellable.right, tellable.scenarios)})`,
        tellable.wrong,
        others.scenarios,
        others.wrong,
        calibration.at(-1)?.verdicts ?? 0,
        `${surelyWrong} |`,
      ].join(' | '),
    ),
    '',
    ...(wrong === 0 && sure > 0
      ? [
          `None of ${grouped(sure)} verdicts at 0.9 and more is wrong: with 95 % confidence less than one in ${grouped(Math.floor(sure / 3))}.`,
          '',
        ]
      : []),
    '| claimed | verdicts | the true cause is named first |',
    '|---|---|---|',
    ...bins,
    '',
  ].join('\n');
}

export function sensitivityText({ seed, scenarios, tellable, before, numbers }: KeptSensitivity): string {
  const cell = ({ right, surelyWrong, other }: Effect): string => `${right}, ${surelyWrong}, ${other}`;
  return [
    `Each number halved and doubled by itself, over ${scenarios} scenarios from seed ${seed}, of which ${tellable} can be told: how many of`,
    'these are right, how many verdicts are wrong at 0.9 and more, and how many name something else than with the numbers as',
    `they are (${before.right} and ${before.surelyWrong}). What none of ${scenarios} shows happens, with 95 % confidence, in less than ${Math.round(300 / scenarios)} %.`,
    '',
    '| number | is | halved | doubled |',
    '|---|---|---|---|',
    ...numbers.map(
      ({ name, value, halved, doubled }) => `| \`${name}\` | ${value} | ${cell(halved)} | ${cell(doubled)} |`,
    ),
    '',
  ].join('\n');
}

const grouped = (count: number): string => count.toLocaleString('en-US');

/** Writes figures into docs/inference.json and the page; what is not given stays. */
export function keepFigures(change: (kept: Figures) => Figures): void {
  const figures = change(keptFigures());
  writeFileSync(FIGURES, `${JSON.stringify(figures, null, 2)}\n`);
  writeInferencePage();
}

function keptFigures(): Figures {
  if (!existsSync(FIGURES)) return { campaigns: [], sensitivity: null };
  return JSON.parse(readFileSync(FIGURES, 'utf8')) as Figures;
}

/** The page anew, from all that is kept. */
export function writeInferencePage(): void {
  writeFileSync(PAGE, inferencePage(readFileSync(PAGE, 'utf8'), keptFigures(), keptCells()));
}

/** A series in the place of the same one of before, or beside the others. */
export function withCampaign({ campaigns, sensitivity }: Figures, fresh: KeptCampaign): Figures {
  const others = campaigns.filter(({ seed }) => seed !== fresh.seed);
  return { campaigns: [...others, fresh].sort((a, b) => a.seed - b.seed), sensitivity };
}
