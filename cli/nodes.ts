/**
 * `city-chain nodes`: the frozen node list of a city, as more than two thirds of its stake have signed it: who may
 * hold pieces, with which weight, and how many of the lights of each continent are online.
 */
import { Command } from 'commander';
import { hex } from '#lib/bytes.ts';
import type { EligibleList } from '#protocols/eligibility.ts';
import { table } from './table.ts';
import type { Whereabouts } from './whereabouts.ts';
import { withCity, withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly json?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('nodes').description('list the nodes that may hold pieces in a city'),
  ).action(run);
}

async function run(options: Options): Promise<void> {
  await withCity(options, async (city) => {
    const list = await city.nodes();
    console.log(options.json === true ? JSON.stringify(shown(list)) : textOf(list));
  });
}

const shown = ({ head, digest, nodes }: EligibleList) => ({
  number: head.number,
  digest: hex(digest),
  at: new Date(head.at).toISOString(),
  nodes: nodes.map(({ node, role, weight }) => ({ node, role, weight })),
  lights: head.lights.map(({ continent, online, registered, ppm }) => ({
    continent,
    online,
    registered,
    share: ppm / 1_000_000,
  })),
});

function textOf({ head, nodes }: EligibleList): string {
  const rows = nodes.map(({ node, role, weight }) => [node, role, String(weight)]);
  const lights = head.lights.map(
    ({ continent, online, registered, ppm }) =>
      `lights of ${continent}: ${online} of ${registered} online, share ${(ppm / 10_000).toFixed(1)} %`,
  );
  const made = `list ${head.number}, frozen ${new Date(head.at).toISOString()}, ${nodes.length} nodes`;
  return [table([['node', 'role', 'weight'], ...rows]), '', ...lights, made].join('\n');
}
