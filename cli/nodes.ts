/**
 * `city-chain nodes`: the frozen node list of a city, as more than two thirds of its stake have signed it: who may
 * hold pieces, with which weight, and how many of the lights of each continent are online.
 */
import { Command } from 'commander';
import { hex } from '#lib/bytes.ts';
import type { EligibleList } from '#protocols/eligibility.ts';
import { scoresOf } from './audit.ts';
import { standingsOf, stateText } from './standings.ts';
import { table } from './table.ts';
import type { Whereabouts } from './whereabouts.ts';
import { withCity, withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly json?: boolean;
  readonly scores?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('nodes')
      .description('list the nodes that may hold pieces in a city')
      .option('--scores', 'with what audits found of each'),
  ).action(run);
}

async function run(options: Options): Promise<void> {
  await withCity(options, async (city) => {
    const list = await city.nodes();
    const scores =
      options.scores === true ? scoresOf((await standingsOf(options)).lines) : undefined;
    console.log(options.json === true ? JSON.stringify(shown(list, scores)) : textOf(list, scores));
  });
}

type Scores = ReturnType<typeof scoresOf> | undefined;

const shown = ({ head, digest, nodes }: EligibleList, scores: Scores) => ({
  number: head.number,
  digest: hex(digest),
  at: new Date(head.at).toISOString(),
  nodes: nodes.map(({ node, role, weight }) => ({
    node,
    role,
    weight,
    ...(scores === undefined ? {} : { score: scores.get(node)?.permille ?? null }),
  })),
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

function textOf({ head, nodes }: EligibleList, scores: Scores): string {
  const more = scores === undefined ? [] : ['score', 'state'];
  const rows = nodes.map(({ node, role, weight }) => [
    node,
    role,
    String(weight),
    ...scoreCells(scores, node),
  ]);
  const lights = head.lights.map(
    ({ continent, online, registered, ppm }) =>
      `lights of ${continent}: ${online} of ${registered} online, share ${(ppm / 10_000).toFixed(1)} %`,
  );
  const made = `list ${head.number}, frozen ${new Date(head.at).toISOString()}, ${nodes.length} nodes`;
  return [table([['node', 'role', 'weight', ...more], ...rows]), '', ...lights, made].join('\n');
}
