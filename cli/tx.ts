/** `city-chain tx ID`: what the city knows of a transaction: its state, its holders, its place in the order. */
import { Command } from 'commander';
import { nameText } from '#algorithms/identity.ts';
import { hex } from '#lib/bytes.ts';
import type { RootTold } from '#protocols/rooting.messages.ts';
import type { Known } from '#dapp/client.ts';
import { placesOf } from '#protocols/fate.ts';
import { isLightRow, placedRows } from '#protocols/manifest.ts';
import type { Whereabouts } from './whereabouts.ts';
import { withCity, withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly json?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('tx')
      .description('show what a city knows of a transaction')
      .argument('<id>', 'as `send` prints it'),
  ).action(run);
}

async function run(id: string, options: Options): Promise<void> {
  await withCity(options, async (city) => {
    const found = await city.find(id);
    const height = found.proof?.head.height;
    const root = height === undefined ? undefined : await city.rooted(height);
    const known = { ...shown(found), rooted: inWords(root) };
    if (options.json === true) return console.log(JSON.stringify(known, null, 2));
    for (const [name, value] of Object.entries(known)) {
      const text = Array.isArray(value) ? value.join('\n            ') : String(value);
      if (value !== undefined) console.log(`${name.padEnd(12)}${text}`);
    }
  });
}

/** How far above the city, and where it stands there. */
function inWords(told: RootTold | undefined): string | undefined {
  if (told?.root === undefined) return undefined;
  const { root, municipality, continent, globe } = told;
  const places = Object.entries({ municipality, continent, globe }).flatMap(([level, at]) =>
    at === undefined ? [] : [`${level} ${at}`],
  );
  return `${root}: ${places.join(', ')}`;
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

const shown = ({ txId, state, cause, cover, manifest, cert, proof, expiresAt, fate }: Known) => ({
  transaction: nameText(txId),
  state,
  height: proof?.head.height,
  cause: cause === undefined ? undefined : hex(cause),
  sender: cover === undefined ? undefined : nameText(cover.header.core.sender),
  bytes: cover?.header.bodyBytes,
  // As its sender may have had it extended.
  expires:
    cover === undefined
      ? undefined
      : new Date(expiresAt ?? cover.header.core.expiresAt).toISOString(),
  pieces:
    manifest === undefined
      ? undefined
      : `${placedRows(manifest)}, any ${manifest.terms.k} bring it back; ${cert?.acks.length ?? 0} acks in its certificate`,
  // As repairs have left them.
  holders:
    manifest === undefined
      ? undefined
      : placesOf(manifest, fate).map(
          ({ holder, until }, row) =>
            `${row} ${holder} (${isLightRow(manifest, row) ? 'light' : 'anchor'}, until ${dayOf(until)})`,
        ),
});
