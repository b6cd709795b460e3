/** What `city-chain policy` tells a person. */
import { availabilityText, chanceText, percentText } from '#simulations/slo/written.ts';
import type { Resolved } from '#protocols/policy.ts';
import type { Difference, Kept, Report, Worth } from './policy-report.ts';
import { bytesText, numberText } from './quantity.ts';
import { table } from './table.ts';

type Rows = readonly (readonly string[])[];
const titled = (title: string, rows: Rows, ...notes: string[]): string =>
  [title, table(rows), ...notes].join('\n');

const DAYS_PER_YEAR = 365.25;
const HOURS_PER_DAY = 24;

export const printReport = (report: Report, file: string): string =>
  [
    titled(`THE TERMS of a transaction made at ${timeText(report)}, by ${file}`, termsRows(report)),
    titled('WHY: the boosts', reasonRows(report)),
    ...worth(report.worth, report.terms),
    ...advice(report),
  ].join('\n\n');

/** The windows of boosts say beside it what clocks show there. */
const timeText = ({ inputs }: Report): string =>
  `${new Date(inputs.at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const layoutText = ({ continents }: Resolved): string =>
  continents
    .map(({ continent, anchors, pieces }) => `${continent} ${pieces} on ${anchors}`)
    .join(', ') || 'none';

const daysText = (days: number): string => {
  if (days === 0) return 'as room allows';
  return days < 4 ? `${numberText(days * HOURS_PER_DAY)} h` : `${numberText(days)} d`;
};

const seconds = (ms: number): string => `${numberText(ms / 1_000)} s`;

const turnsText = ({ leaseMs, leaseMsMax, restMs, pauseMs, pauseMsMax }: Report['turns']): string =>
  `one repairer for ${seconds(leaseMs)}, at most ${seconds(leaseMsMax)}, then others for ${seconds(restMs)}; pauses of ${seconds(pauseMs)} to ${seconds(pauseMsMax)}`;

function termsRows({ terms, turns, pieces, localAcks }: Report): Rows {
  return [
    ['pieces', `${pieces}, any ${terms.k} bring it back`],
    ['on lights', `${terms.lights}, at most ${terms.perOperator} of one operator`],
    ['on anchors', layoutText(terms)],
    [
      'kept, says the sender',
      `${terms.ackNeeded} acks, ${localAcks} of them of local anchor pieces, from ${terms.ackAnchors} anchors, within ${terms.ackDeadlineMs} ms; else ${terms.escalatePieces} anchor pieces more`,
    ],
    [
      'repair',
      `at ${terms.repairAt} healthy or ${terms.anchorPiecesLow} on anchors, urgent at ${terms.urgentAt}; alarm below ${terms.onlineFloor} online`,
    ],
    ['turns of it', turnsText(turns)],
    [
      'crypto',
      `${terms.signatureSuite}, ${terms.kemSuite}; stripes of ${bytesText(terms.stripeBytes)}`,
    ],
    ['features', terms.features.join(', ') || 'none'],
    ...(terms.events.length === 0
      ? []
      : [
          [
            'events',
            terms.events.map((each) => `${each.place} x ${each.permille / 1_000}`).join(', '),
          ],
        ]),
  ];
}

const signedText = (value: number): string => (value > 0 ? `+${value}` : String(value));

function reasonRows({ reasons }: Report): Rows {
  if (reasons.length === 0) return [['there are none']];
  return reasons.map(({ when, holds, tests, adds }) => [
    holds ? 'applies' : 'not now',
    when,
    [
      ['anchor pieces', adds.anchors],
      ['light pieces', adds.lights],
      ['acks', adds.margin],
    ]
      .filter(([, value]) => value !== 0)
      .map(([name, value]) => `${signedText(value as number)} ${name}`)
      .join(', '),
    tests.map(({ found, isSo }) => `${found}: ${isSo ? 'yes' : 'no'}`).join('; '),
  ]);
}

function worth(
  { at, durability, bytes, lights, anchors, lightsNeeded }: Worth,
  terms: Resolved,
): string[] {
  const continents = at[0]!.gone.map(({ continent }) => continent);
  return [
    titled(
      'WHAT IT IS WORTH: a read that begins now, no repair',
      [
        [
          'p',
          'available',
          'nines',
          ...continents.map((each) => `fails, ${each} gone`),
          `alarm below ${terms.onlineFloor}`,
        ],
        ...at.map((each) => [
          String(each.p),
          availabilityText(each.fails),
          each.nines.toFixed(2),
          ...each.gone.map(({ fails }) => chanceText(fails)),
          percentText(each.alarms),
        ]),
      ],
      ...durabilityText(durability, lights.policyDays),
    ),
    titled(
      'HOW LONG IT IS KEPT, and what it costs',
      [
        ['', 'by the policy', 'until full'],
        ['lights', ...keptRow(lights)],
        ...anchors.map(({ continent, ...kept }) => [`anchors of ${continent}`, ...keptRow(kept)]),
      ],
      `Each transaction stores ${bytesText(bytes.ofTransaction)} (${bytes.stored.toFixed(1)} bytes for each sent), ${bytesText(bytes.crossing)} of it on other continents.`,
      `To be kept for ${daysText(lights.policyDays)}: ${numberText(lightsNeeded)} lights. By the formula; \`city-chain ttl\` shows what it leaves out.`,
    ),
  ];
}

const keptRow = ({ policyDays, roomDays }: Kept): string[] => [
  daysText(policyDays),
  daysText(roomDays),
];

const durabilityText = (kept: Worth['durability'], days: number): string[] =>
  kept === undefined
    ? ['Durability with repair is computed where there are lights, and few kinds of anchors.']
    : [
        `With repair it is lost within ${daysText(days)} with chance ${chanceText(kept.lossWithin)}; kept on and on, once in ${numberText(kept.meanDaysToLoss / DAYS_PER_YEAR)} years, repaired ${numberText(kept.repairsPerYear)} times in each.`,
      ];

const advice = ({ advice: all }: Report): string[] =>
  all.length === 0
    ? []
    : [
        titled(
          'TO LOOK AT',
          all.map(({ path, what }) => [path.join('.'), what]),
        ),
      ];

const valueText = (value: unknown): string => (value === undefined ? '-' : JSON.stringify(value));

export function printDiff({ keys, before, after }: Difference, from: string, to: string): string {
  if (keys.length === 0) return `${to} means what ${from} means`;
  return [
    titled('WHAT CHANGES', [
      ['key', from, to],
      ...keys.map((each) => [each.key, valueText(each.before), valueText(each.after)]),
    ]),
    titled(`WHAT IT MEANS at ${timeText(after)}`, [['', from, to], ...meaningRows(before, after)]),
  ].join('\n\n');
}

function meaningRows(before: Report, after: Report): Rows {
  const row = (name: string, of: (report: Report) => string): string[] => [
    name,
    of(before),
    of(after),
  ];
  return [
    row('pieces', ({ pieces, terms }) => `${terms.k} of ${pieces}`),
    row('on anchors', ({ terms }) => layoutText(terms)),
    row('acks', ({ terms }) => String(terms.ackNeeded)),
    ...after.worth.at.map(({ p }, i) =>
      row(`nines at p = ${p}`, ({ worth: of }) => of.at[i]!.nines.toFixed(2)),
    ),
    ...goneRows(before, after),
    row('lost, with repair', ({ worth: of }) =>
      of.durability === undefined ? '-' : chanceText(of.durability.lossWithin),
    ),
    row('bytes of a transaction', ({ worth: of }) => bytesText(of.bytes.ofTransaction)),
    row('of them crossing', ({ worth: of }) => bytesText(of.bytes.crossing)),
    row('lights keep', ({ worth: of }) => keptText(of.lights)),
    row('anchors keep', ({ worth: of }) =>
      of.anchors.map((each) => `${each.continent} ${keptText(each)}`).join(', '),
    ),
    row('lights needed', ({ worth: of }) => numberText(of.lightsNeeded)),
  ];
}

/** The shorter of what the policy says and what there is room for. */
const keptText = ({ policyDays, roomDays }: Kept): string =>
  daysText(policyDays === 0 ? roomDays : Math.min(policyDays, roomDays));

function goneRows(before: Report, after: Report): Rows {
  const [first, second] = [before.worth.at[0]!, after.worth.at[0]!];
  const names = new Set([...first.gone, ...second.gone].map(({ continent }) => continent));
  const fails = ({ gone }: typeof first, name: string): string => {
    const found = gone.find(({ continent }) => continent === name);
    return found === undefined ? '-' : chanceText(found.fails);
  };
  return [...names].map((name) => [
    `fails, ${name} gone, p = ${second.p}`,
    fails(first, name),
    fails(second, name),
  ]);
}
