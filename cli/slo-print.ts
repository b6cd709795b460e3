/** What `city-chain slo` tells a person. */
import { textChart } from '#simulations/plot/text.ts';
import { piecesOf, type Group } from '#simulations/slo/layout.ts';
import { ANCHORS_UP } from '#simulations/slo/tables.ts';
import { availabilityText, chanceText, percentText } from '#simulations/slo/written.ts';
import { numberText } from './quantity.ts';
import type { AtChance, Lot, Report } from './slo-report.ts';
import { table } from './table.ts';

const DAYS_PER_YEAR = 365.25;

export const print = (report: Report): string =>
  [
    ...owners(report),
    ...layout(report),
    ...outages(report),
    ...liars(report),
    ...kept(report),
    ...changes(report),
    ...sensitivity(report),
    ...sampled(report),
    textChart(report.chart),
  ].join('\n\n');

const titled = (title: string, rows: readonly (readonly string[])[], ...notes: string[]): string =>
  [title, table(rows), ...notes].join('\n');

/** The owner prints six digits, or as many as his figure has nines. */
const OWNERS_DIGITS = { asia: 6, sixMonths: 6 } as const;
const splitDigits = (fails: number): number => (fails < 1e-6 ? 8 : 7);

const owners = ({ owners: rows, layouts }: Report): string[] => [
  titled(
    "READ AVAILABILITY, the owner's layouts: a read that begins now, no repair, no second try",
    [
      ['p', 'Asia 3x4', 'Asia 3x2 + Europe 3x2', 'six months (30 d + 150 d)'],
      ...rows.map(({ p, asia, split, sixMonths }) => [
        String(p),
        (1 - asia).toFixed(OWNERS_DIGITS.asia),
        (1 - split).toFixed(splitDigits(split)),
        (1 - sixMonths).toFixed(OWNERS_DIGITS.sixMonths),
      ]),
    ],
  ),
  titled(
    'WHAT THAT DOES NOT SAY: how often a read fails, also while Europe is dark',
    [
      ['layout', 'p', 'fails', 'fails without Europe'],
      ...layouts.map(({ name, p, fails, failsWithoutEurope }) => [
        name,
        String(p),
        chanceText(fails),
        failsWithoutEurope === undefined ? '-' : chanceText(failsWithoutEurope),
      ]),
    ],
    'asia 3x4, split 3x2 + 3x2, three 3x2 on three continents, five 3x5; 30 lights in Asia.',
  ),
];

const groupText = ({ continent, devices, piecesEach, operator }: Group): string =>
  `${continent} ${devices}x${piecesEach}${operator === undefined ? '' : `@${operator}`}`;

function layout({ asked, at }: Report): string[] {
  const { layout: whole, gone, floor } = asked;
  const groups = [...whole.lights, ...whole.anchors].map(groupText).join(', ');
  const without = gone === undefined ? '' : `, without ${gone}`;
  return [
    titled(
      `THIS LAYOUT${without}: ${groups}; ${piecesOf(whole)} pieces, ${whole.k} suffice`,
      [
        ['p', 'available', 'nines', `alarm of floor ${floor}`],
        ...at.map(({ p, fails, nines, alarms }) => [
          String(p),
          availabilityText(fails),
          nines.toFixed(2),
          percentText(alarms),
        ]),
      ],
      'The alarm rings while fewer pieces are online than the floor, with nothing lost.',
    ),
  ];
}

function outages({ asked, at }: Report): string[] {
  const continents = at[0]!.gone.map(({ continent }) => continent);
  const { continentLoss, operatorLoss, layout: whole } = asked;
  const hasOperators = whole.anchors.some(({ operator }) => operator !== undefined);
  return [
    titled(
      'OUTAGES TOGETHER: how often a read fails',
      [
        [
          'p',
          ...continents.map((continent) => `${continent} gone`),
          `each continent dark ${chanceText(continentLoss)}`,
          `each operator dark ${chanceText(operatorLoss)}`,
        ],
        ...at.map((each) => [
          String(each.p),
          ...each.gone.map(({ fails }) => chanceText(fails)),
          chanceText(each.failsWithContinentLoss),
          hasOperators ? chanceText(each.failsWithOperatorLoss) : '-',
        ]),
      ],
      'A continent that goes takes its anchors and its lights. Operators are named by --anchors ...@name.',
    ),
  ];
}

function liars({ asked, acks, at }: Report): string[] {
  const waited = acks.k + acks.margin;
  return [
    titled(
      `LIARS AMONG ${waited} ACKS (${acks.ofAnchors} of ${acks.anchors} anchors): any ${acks.liarsCovered} may lie and ${acks.k} pieces are there`,
      [
        [
          'p',
          `fails if ${percentText(asked.liars)} of lights lie`,
          `fails if only the ${waited} are stored`,
        ],
        ...at.map((each) => [
          String(each.p),
          chanceText(each.failsAmongLiars),
          chanceText(each.failsIfOnlyAcked),
        ]),
      ],
      `With ${percentText(asked.liars)} of lights lying, fewer than ${acks.k} pieces exist at the promise: ${chanceText(acks.promiseIsEmpty)}.`,
      'The last column: a read later, had none but the acked pieces ever arrived.',
    ),
  ];
}

const keptRow = ({ p, kept: with_, unrepaired }: AtChance): string[] =>
  with_ === undefined || unrepaired === undefined
    ? [String(p), '-', '-', '-', '-']
    : [
        String(p),
        `${numberText(with_.meanDaysToLoss / DAYS_PER_YEAR)} years`,
        chanceText(with_.lossWithin),
        chanceText(unrepaired.lossWithin),
        `${numberText(with_.repairsPerYear)} (${numberText(with_.piecesPerYear)} pieces)`,
      ];

function kept({ asked, at }: Report): string[] {
  const { repairing, days } = asked;
  return [
    titled(
      'DURABILITY of one transaction: until fewer than k pieces exist anywhere',
      [
        ['p', 'mean time to loss', `lost in ${days} d`, 'without repair', 'repairs a year'],
        ...at.map(keptRow),
      ],
      `Repair starts at ${repairing.startAt} healthy pieces or ${repairing.anchorPiecesLow} on anchors, urgently at ${repairing.urgentAt}, and makes all anew.`,
      `Assumed: lights stay ${repairing.lightLifeDays} d, anchors ${repairing.anchorLifeDays} d; noticed after ${repairing.lightNoticeDays} d and ${24 * repairing.anchorNoticeDays} h.`,
      'Not in it: expiry, continents lost for good, liars. Each transaction by itself: of a million, a million times as many.',
    ),
  ];
}

const changes = ({ asked, changes: all }: Report): string[] => [
  titled('WHAT ONE STEP MORE WOULD BE: nines, and bytes stored for each byte sent', [
    ['', ...asked.chances.map((p) => `p ${p}`), 'stored'],
    ...all.map(({ name, nines, stored }) => [
      name,
      ...nines.map((each) => each.toFixed(2)),
      `${stored.toFixed(1)} x`,
    ]),
  ]),
];

const sensitivity = ({ spread: { floors, rows } }: Report): string[] => [
  titled(
    'HOW MUCH HANGS ON WHAT IS ASSUMED: nines, and how often a floor rings with nothing lost',
    [
      [
        'p',
        ...ANCHORS_UP.map((q) => `anchors up ${q}`),
        ...floors.map((floor) => `floor ${floor}`),
      ],
      ...rows.map(({ p, nines, alarms }) => [
        String(p),
        ...nines.map((each) => each.toFixed(2)),
        ...alarms.map(percentText),
      ]),
    ],
  ),
];

/** Fewer failures than this say little, and their interval is no interval. */
const FAILED_LEAST = 30;

function sampled({ asked, at }: Report): string[] {
  if (asked.reads === undefined) return [];
  const rows = at.flatMap(({ p, fails, failsWithContinentLoss, sampled: lot }) =>
    lot === undefined
      ? []
      : [
          lotRow(p, 'devices', fails, lot.alone),
          lotRow(p, 'and continents', failsWithContinentLoss, lot.together),
        ],
  );
  if (rows.length === 0) {
    return ['BY LOT: no city places so, for it deals out evenly; nothing was drawn.'];
  }
  return [
    titled(
      `BY LOT: reads over the real placement and restoring, seed ${asked.seed}`,
      [
        ['p', 'what fails', 'formula', 'by lot', '99.9 % within', 'reads', 'failed', 'agrees'],
        ...rows,
      ],
      'Anchors are drawn down, and continents dark, more often than they are; each read is weighed by how much likelier that is.',
    ),
  ];
}

const lotRow = (p: number, what: string, formula: number, lot: Lot): string[] => [
  String(p),
  what,
  chanceText(formula),
  chanceText(lot.fails),
  `+- ${chanceText(lot.within)}`,
  numberText(lot.reads),
  numberText(lot.failed),
  verdict(lot),
];

function verdict({ agrees, failed }: Lot): string {
  if (failed < FAILED_LEAST) return 'too few failures to say';
  return agrees ? 'yes' : 'NO';
}
