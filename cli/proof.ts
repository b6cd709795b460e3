/**
 * `city-chain proof ID`: what proves to anybody what became of a transaction, as a file.
 *
 *   $ city-chain proof 7q3k...x2ya > p.json
 *   rooted up to the globe, 61 KB
 *   $ city-chain verify p.json --genesis genesis.json        (on any machine, without a network)
 */
import { writeFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { bundleText, LAYERS, topOf, type Root } from '#dapp/verify.ts';
import { wholeNumber } from './unfit.ts';
import type { Whereabouts } from './whereabouts.ts';
import { withCity, withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly upTo: Root;
  readonly within: number;
  readonly out?: string;
}

/** As far as something can be rooted. */
export const ROOTS: readonly Root[] = LAYERS.filter((layer) => layer !== 'subject');

export function command(): Command {
  return withCityOptions(
    new Command('proof')
      .description('write down what proves what became of a transaction')
      .argument('<id>', 'as `send` prints it; or of an act')
      .addOption(
        new Option('--up-to <level>', 'how far it is to be rooted').choices(ROOTS).default('globe'),
      )
      .option('--within <s>', 'how long to wait for that', wholeNumber('--within', 1, 600), 30)
      .option('--out <file>', 'where to write it; else to standard output'),
  ).action(run);
}

async function run(id: string, options: Options): Promise<void> {
  const { upTo, within, out } = options;
  await withCity(options, async (city) => {
    const bundle = await city.proof(id, { upTo, withinMs: within * 1_000 });
    const text = bundleText(bundle);
    if (out === undefined) process.stdout.write(text);
    else writeFileSync(out, text);
    const top = topOf(bundle);
    const isShort = LAYERS.indexOf(top) < LAYERS.indexOf(upTo);
    const more = isShort ? `; not up to the ${upTo} within ${within} s, ask again later` : '';
    console.error(`rooted up to the ${top}, ${Math.ceil(text.length / 2_000)} KB${more}`);
  });
}
