/**
 * `city-chain slo`: how many nines a layout has, and what they rest on.
 *
 *   city-chain slo                              the owner's figures, then the split layout in full
 *   city-chain slo --policy FILE                what an operator's file promises
 *   city-chain slo --layout three --p 0.07      another layout, other lights
 *   city-chain slo --anchors asia:3x4,europe:3x2@acme --gone europe --continent-loss 0.001
 *   city-chain slo --reads 1000000              the same by lot, over the real placement and restoring
 *
 * What is computed is in slo-report.ts, what is printed in slo-print.ts.
 */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { PIECES_MAX } from '#algorithms/erasure/code.ts';
import { inForce, resolved, type Resolved } from '#protocols/policy.ts';
import { svg } from '#simulations/plot/svg.ts';
import { noticeDays, REPAIRING } from '#simulations/slo/durability.ts';
import {
  ANCHOR_UP,
  anchorsIn,
  continentsOf,
  LAYOUTS,
  lightsIn,
  piecesOf,
  withLights,
  type Group,
  type Layout,
} from '#simulations/slo/layout.ts';
import { MARGIN } from '#simulations/slo/liars.ts';
import { CAUSES_MAX } from '#simulations/slo/outages.ts';
import { layoutOfTerms } from '#simulations/slo/terms.ts';
import { CHANCES } from '#simulations/slo/tables.ts';
import { readPolicyFile } from './policy-file.ts';
import { decimal, several } from './quantity.ts';
import { print } from './slo-print.ts';
import { reportOf, type Asked } from './slo-report.ts';
import { Unfit, wholeNumber } from './unfit.ts';

interface Options {
  readonly policy?: string;
  readonly layout: string;
  readonly anchors?: string;
  readonly lights: string;
  readonly k: string;
  readonly p?: string;
  readonly q: string;
  readonly gone?: string;
  readonly continentLoss: string;
  readonly operatorLoss: string;
  readonly liars: string;
  readonly margin?: string;
  readonly floor?: string;
  readonly days: string;
  readonly lightLifeDays: string;
  readonly anchorLifeDays: string;
  readonly reads?: string;
  readonly seed: string;
  readonly plot?: string;
  readonly json?: boolean;
}

export function command(): Command {
  return new Command('slo')
    .description('how many nines a layout has, and what they rest on')
    .option('--policy <file>', 'layout, margin, floor and repair of a policy, without its boosts')
    .option('--layout <name>', `one of ${Object.keys(LAYOUTS).join(', ')}`, 'split')
    .option('--anchors <groups>', 'own anchors: continent:COUNTxPIECES[@operator], by commas')
    .option('--lights <group>', 'where the lights are and how many', 'asia:30')
    .option('-k <pieces>', 'pieces that suffice', '10')
    .option('--p <chances>', 'chances that a light is online, by commas (default: 0.05,0.1,0.2)')
    .option('--q <chance>', 'the chance that an anchor is up', String(ANCHOR_UP))
    .option('--gone <continent>', 'take a continent away')
    .option('--continent-loss <chance>', 'the chance that a continent is dark', '0.001')
    .option('--operator-loss <chance>', 'the chance that an operator is dark', '0.001')
    .option('--liars <share>', 'the share of lights that sign for what they do not keep', '0.1')
    .option('--margin <acks>', `acks waited for beyond k (default: ${MARGIN})`)
    .option('--floor <pieces>', 'pieces online below which there is an alarm (default: k + 2)')
    .option('--days <days>', 'the time for which loss is computed', '180')
    .option('--light-life-days <days>', 'how long a light stays', String(REPAIRING.lightLifeDays))
    .option('--anchor-life-days <days>', 'and an anchor', String(REPAIRING.anchorLifeDays))
    .option('--reads <count>', 'judge the formula by so many reads over the real code')
    .option('--seed <number>', 'from which they are drawn', '1')
    .option('--plot <file.svg>', 'write the curve over p as SVG')
    .option('--json', 'print JSON')
    .action(run);
}

function run(options: Options): void {
  const report = reportOf(askedBy(options));
  if (options.plot !== undefined) write(options.plot, svg(report.chart));
  if (options.json === true) console.log(JSON.stringify(report, null, 2));
  else console.log(print(report));
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new Unfit(`--plot cannot write '${file}': ${(error as Error).message}`);
  }
}

const chanceOf = (option: string): ((text: string) => number) => decimal(option, 0, 1);

function askedBy(options: Options): Asked {
  const chances = options.p === undefined ? CHANCES : several(chanceOf('--p'))(options.p);
  const terms = options.policy === undefined ? undefined : termsOf(options.policy, options.lights);
  const layout = layoutOf(options, terms, chances[0]!);
  const { gone } = options;
  assertFewCauses(layout);
  if (gone !== undefined && !continentsOf(layout).includes(gone)) {
    throw new Unfit(`--gone is '${gone}', expected one of ${continentsOf(layout).join(', ')}`);
  }
  const pieces = piecesOf(layout);
  const usual = Math.min(MARGIN, pieces - layout.k);
  const margin = options.margin ?? String(terms === undefined ? usual : terms.ackNeeded - terms.k);
  const floor = options.floor ?? String(terms?.onlineFloor ?? Math.min(layout.k + 2, pieces));
  return {
    layout,
    chances,
    gone,
    continentLoss: chanceOf('--continent-loss')(options.continentLoss),
    operatorLoss: chanceOf('--operator-loss')(options.operatorLoss),
    liars: chanceOf('--liars')(options.liars),
    margin: wholeNumber('--margin', 0, pieces - layout.k)(margin),
    floor: wholeNumber('--floor', 0, pieces)(floor),
    days: decimal('--days', 0, 3_650)(options.days),
    repairing: {
      ...REPAIRING,
      ...(terms === undefined ? {} : thresholdsOf(terms)),
      ...(options.policy === undefined ? {} : noticedBy(options.policy)),
      lightLifeDays: decimal('--light-life-days', 1, 1e6)(options.lightLifeDays),
      anchorLifeDays: decimal('--anchor-life-days', 1, 1e6)(options.anchorLifeDays),
    },
    reads:
      options.reads === undefined
        ? undefined
        : wholeNumber('--reads', 1_000, 100_000_000)(options.reads),
    seed: wholeNumber('--seed', 0, Number.MAX_SAFE_INTEGER)(options.seed),
  };
}

/** Of what may fail together every combination is one case. */
function assertFewCauses(layout: Layout): void {
  const operators = new Set(layout.anchors.flatMap(({ operator }) => operator ?? []));
  if (continentsOf(layout).length <= CAUSES_MAX && operators.size <= CAUSES_MAX) return;
  throw new Unfit(`the layout is on more than ${CAUSES_MAX} continents, or of more operators`);
}

const noticedBy = (file: string) => noticeDays(readPolicyFile(file).policy.repair.missedMs);

/** What a policy gives everybody on that continent, all anchors there and nothing boosted. */
function termsOf(file: string, lights: string): Resolved {
  const { policy } = readPolicyFile(file);
  const [continent] = lightsOf(lights);
  return resolved(inForce(1, { ...policy, boosts: [] }), {
    at: 0,
    city: `${continent}.any.city`,
    anchors: new Map(policy.anchors.map((each) => [each.continent, each.anchors])),
    lights: PIECES_MAX,
    fullLights: 0,
    pLight: new Map(),
    tx: new Uint8Array(32),
  });
}

const thresholdsOf = ({ repairAt, urgentAt, anchorPiecesLow }: Resolved) => ({
  startAt: repairAt,
  urgentAt,
  anchorPiecesLow,
});

function layoutOf(options: Options, terms: Resolved | undefined, p: number): Layout {
  const up = chanceOf('--q')(options.q);
  const [continent, devices] = lightsOf(options.lights);
  if (terms !== undefined) return withLights(layoutOfTerms(terms, continent, up), p);
  const layout: Layout = {
    k: wholeNumber('-k', 1, PIECES_MAX - 1)(options.k),
    lights: [lightsIn(continent, p, devices)],
    anchors: anchorsOf(options).map((group): Group => Object.assign({}, group, { online: up })),
  };
  const pieces = piecesOf(layout);
  if (pieces >= layout.k && pieces <= PIECES_MAX) return layout;
  throw new Unfit(`the layout has ${pieces} pieces, expected k = ${layout.k} to ${PIECES_MAX}`);
}

function lightsOf(text: string): [continent: string, devices: number] {
  const [, continent, devices] = /^([a-z-]+):(\d+)$/.exec(text) ?? [];
  if (continent === undefined) throw new Unfit(`--lights is '${text}', expected such as asia:30`);
  return [continent, wholeNumber('--lights', 0, PIECES_MAX)(devices!)];
}

function anchorsOf({ anchors, layout }: Options): readonly Group[] {
  if (anchors !== undefined) return several(anchorGroup)(anchors);
  if (Object.hasOwn(LAYOUTS, layout)) return LAYOUTS[layout as keyof typeof LAYOUTS];
  throw new Unfit(`--layout is '${layout}', expected one of ${Object.keys(LAYOUTS).join(', ')}`);
}

function anchorGroup(text: string): Group {
  const [, continent, devices, pieces, , operator] =
    /^([a-z-]+):(\d+)x(\d+)(@([\w-]+))?$/.exec(text) ?? [];
  if (continent === undefined) {
    throw new Unfit(`--anchors has '${text}', expected such as asia:3x4 or europe:3x2@acme`);
  }
  const group = anchorsIn(
    continent,
    wholeNumber('--anchors', 1, PIECES_MAX)(devices!),
    wholeNumber('--anchors', 1, PIECES_MAX)(pieces!),
  );
  return operator === undefined ? group : { ...group, operator };
}
