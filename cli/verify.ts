/**
 * `city-chain verify FILE --genesis G`: whether a proof holds, without any network.
 *
 *   $ city-chain verify p.json --genesis genesis.json
 *   subject       signed     by ywsd...7jpa, to asia.ishikawa.komatsu
 *   city          4 signed   asia.ishikawa.komatsu, batch 12 of 2026-11-21T23:40:02.120Z
 *   municipality  7 signed   asia.ishikawa, batch 8
 *   continent     7 signed   asia, block 7
 *   globe         7 signed   block 8
 *   COMMITTED, up to the globe: 7q3k...x2ya
 *
 * It ends with 0 when the proof holds and goes far enough, with 1 when not, with 2 when a file cannot be read.
 */
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { nameText } from '#algorithms/identity.ts';
import {
  LAYERS,
  readBundleText,
  verify,
  type Bundle,
  type Layer,
  type Proved,
  type Root,
} from '#dapp/verify.ts';
import { claimOf, type ProofFault } from '#protocols/proof/verify.ts';
import type { World } from '#protocols/world.ts';
import { offerCityBackends } from '#runtime/backends.ts';
import { readWorldFile } from './city/world-file.ts';
import { ROOTS } from './proof.ts';
import { table } from './table.ts';
import { Failed, Unfit } from './unfit.ts';

interface Options {
  readonly genesis: string;
  readonly upTo: Root;
  readonly json?: boolean;
}

export function command(): Command {
  return new Command('verify')
    .description('check a proof, offline, with the genesis of its network')
    .argument('<file>', 'as `proof` writes it')
    .requiredOption('--genesis <file>', 'the `genesis.json` that `up` writes into its folder')
    .addOption(
      new Option('--up-to <level>', 'how far it is to be rooted, at least')
        .choices(ROOTS)
        .default('city'),
    )
    .option('--json', 'print one JSON line')
    .action(run);
}

async function run(file: string, { genesis, upTo, json }: Options): Promise<void> {
  await offerCityBackends(process.env['CITY_CHAIN_BACKENDS']);
  const { world } = readWorldFile(genesis);
  const bundle = readBundleText(readFileSync(file, 'utf8'));
  if (bundle === undefined)
    throw new Unfit(`${file} cannot be read as a proof, as \`city-chain proof\` writes it`);
  const verdict = verify(bundle, world);
  if (!verdict.ok) {
    const { layer, why } = verdict.error;
    throw new Failed(`the ${layer} does not hold: ${WHY[why as ProofFault]} (${why})`);
  }
  const proved = verdict.value;
  if (json === true) console.log(JSON.stringify(plain(proved)));
  else print(bundle, world, proved);
  if (LAYERS.indexOf(proved.upTo) < LAYERS.indexOf(upTo))
    throw new Failed(`it holds, and goes up to the ${proved.upTo} only, not to the ${upTo}`);
}

/** What each reason means. */
const WHY: Readonly<Record<ProofFault, string>> = {
  'unknown-version': 'this program does not know proofs of that version',
  'other-entry': 'what was signed is not what stands in the order',
  'other-key': "the key that signed is not the sender's",
  'other-city': 'it was said to another city',
  'not-in-batch': 'it does not stand in that batch',
  'not-its-outcome': 'the outcome is that of something else',
  'not-in-state': 'the state of the city does not say so',
  'not-next': 'the two batches do not follow each other',
  'unknown-committee': 'this genesis has no such city, or no such epoch of it',
  'no-quorum':
    'the signatures are not of members with more than two thirds of the stake, each once',
  'no-handover': 'who orders in that epoch does not follow from the genesis by hand-overs',
  'layer-missing': 'there is something above it, and it is not there',
  'unknown-level': 'this genesis has no such level',
  'not-taken-in': 'the head of the city does not stand in that batch',
  'not-carried': 'what is below does not stand in that block',
  'bad-signature': 'a signature is none, or was made on another network',
};

function plain({ txId, act, cause, ...rest }: Proved) {
  return {
    txId: nameText(txId),
    act: act === undefined ? undefined : nameText(act),
    cause: nameText(cause),
    ...rest,
  };
}

function print(bundle: Bundle, world: World, proved: Proved): void {
  const claim = claimOf(bundle, world);
  const parts = claim.ok ? claim.value.parts : [];
  const about = aboutOf(bundle, proved);
  console.log(
    table(parts.map(({ layer, jobs }) => [layer, `${jobs.length} signed`, about[layer]])),
  );
  console.log(`${proved.state}, up to the ${proved.upTo}: ${nameText(proved.txId)}`);
}

function aboutOf({ subject }: Bundle, proved: Proved): Readonly<Record<Layer, string>> {
  const { place, height, atMs, act, municipality, continent, globe, effect } = proved;
  const by = subject.is === 'act' ? undefined : nameText(subject.header.core.sender);
  const came = effect === undefined ? '' : `, ${effect}`;
  return {
    subject: by === undefined ? `act ${nameText(act!)}` : `by ${by}`,
    city: `${place}, batch ${height} of ${new Date(atMs).toISOString()}${came}`,
    municipality: `${municipality?.name}, batch ${municipality?.id}`,
    continent: `${continent?.name}, block ${continent?.height}`,
    globe: `block ${globe?.height}`,
  };
}
