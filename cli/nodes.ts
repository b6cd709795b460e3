/**
 * `city-chain nodes`: the frozen node list of a city, as more than two thirds of its stake have signed it: who may
 * hold pieces, with which weight, and how many of the lights of each continent are online. With `--tips`, how far each
 * anchor and delegate knows the order to be.
 */
import { Command } from 'commander';
import { hex } from '#lib/bytes.ts';
import type { EligibleList } from '#protocols/eligibility.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import { scoresOf } from './audit.ts';
import { standingsOf, stateText } from './standings.ts';
import { table } from './table.ts';
import { heightsOf, type Heights } from './tips.ts';
import type { Whereabouts } from './whereabouts.ts';
import { withCity, withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly json?: boolean;
  readonly scores?: boolean;
  readonly tips?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('nodes')
      .description('list the nodes that may hold pieces in a city')
      .option('--scores', 'with what audits found of each')
      .option('--tips', 'with how far each anchor and delegate knows the order to be'),
  ).action(run);
}

async function run(options: Options): Promise<void> {
  await withCity(options, async (city) => {
    const list = await city.nodes();
    const scores =
      options.scores === true ? scoresOf((await standingsOf(options)).lines) : undefined;
    const delegates = city.genesis.delegates.map(({ node }) => node);
    const heights = options.tips === true ? await tipsOf(options, list, delegates) : undefined;
    const more = { scores, heights, delegates };
    console.log(options.json === true ? JSON.stringify(shown(list, more)) : textOf(list, more));
  });
}

type Scores = ReturnType<typeof scoresOf> | undefined;

interface More {
  readonly scores: Scores;
  readonly heights: Heights | undefined;
  readonly delegates: readonly NodeAddress[];
}

function tipsOf(
  options: Options,
  { nodes }: EligibleList,
  delegates: readonly NodeAddress[],
): Promise<Heights> {
  const anchors = nodes.filter(({ role }) => role === 'anchor').map(({ node }) => node);
  return heightsOf(options, [...delegates, ...anchors]);
}

const shown = ({ head, digest, nodes }: EligibleList, { scores, heights, delegates }: More) => ({
  number: head.number,
  digest: hex(digest),
  at: new Date(head.at).toISOString(),
  nodes: nodes.map(({ node, role, weight }) => ({
    node,
    role,
    weight,
    ...(scores === undefined ? {} : { score: scores.get(node)?.permille ?? null }),
    ...(heights === undefined || role === 'light' ? {} : { height: heights.get(node) ?? null }),
  })),
  ...(heights === undefined
    ? {}
    : { delegates: delegates.map((node) => ({ node, height: heights.get(node) ?? null })) }),
  lights: head.lights.map(({ continent, online, registered, ppm }) => ({
    continent,
    online,
    registered,
    share: ppm / 1_000_000,
  })),
});

/** Whoever has not been audited yet has no score. */
function scoreCells(scores: Scores, node: string): string[] {
  if (scores === undefined) return [];
  const line = scores.get(node);
  return line === undefined ? ['-', 'unknown'] : [String(line.permille), stateText(line)];
}

/** Lights are not in the overlay. */
function heightCells(heights: Heights | undefined, node: NodeAddress, role: string): string[] {
  if (heights === undefined) return [];
  return [role === 'light' ? '-' : String(heights.get(node) ?? 'silent')];
}

function textOf({ head, nodes }: EligibleList, { scores, heights, delegates }: More): string {
  const more = [
    ...(scores === undefined ? [] : ['score', 'state']),
    ...(heights === undefined ? [] : ['height']),
  ];
  const rows = nodes.map(({ node, role, weight }) => [
    node,
    role,
    String(weight),
    ...scoreCells(scores, node),
    ...heightCells(heights, node, role),
  ]);
  const tips = heights === undefined ? [] : delegates.map((node) => tipText(heights, node));
  const lights = head.lights.map(
    ({ continent, online, registered, ppm }) =>
      `lights of ${continent}: ${online} of ${registered} online, share ${(ppm / 10_000).toFixed(1)} %`,
  );
  const made = `list ${head.number}, frozen ${new Date(head.at).toISOString()}, ${nodes.length} nodes`;
  return [table([['node', 'role', 'weight', ...more], ...rows]), '', ...tips, ...lights, made].join(
    '\n',
  );
}

const tipText = (heights: Heights, node: NodeAddress): string =>
  `${node}, a delegate: ${heights.has(node) ? `height ${heights.get(node)}` : 'silent'}`;
