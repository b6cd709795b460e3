/**
 * `city-chain payee [KEY]`: to whose account goes what nodes earn: yours, or the one that is named. Each node says so itself, so
 * its key is needed: those in the data folder are, unless one is named.
 *
 *   $ city-chain payee --node asia.ishikawa.komatsu.l07
 *   asia.ishikawa.komatsu.l07  earns for 4kqz...p3wa
 */
import { Command } from 'commander';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { nameText } from '#algorithms/identity.ts';
import { sign, verifyingKeyOf } from '#algorithms/signature.ts';
import { actSignJob, type SignedAct } from '#protocols/act.ts';
import { catalogue } from '#protocols/codec.ts';
import type { Genesis } from '#protocols/genesis.ts';
import { ActDeclined, ActHeld, OfferAct } from '#protocols/ledger.messages.ts';
import type { NodeSecrets } from '#protocols/self.ts';
import { About, AboutCity } from '#protocols/sending.messages.ts';
import { isNodeAddress, place, type NodeAddress } from '#protocols/subjects.ts';
import { offerCityBackends } from '#runtime/backends.ts';
import { askCity } from './ask-city.ts';
import { readSomebody } from './city/card.ts';
import { readFounded } from './city/found.ts';
import { readKeyFile } from './city/key-file.ts';
import { Failed, Unfit, wholeNumber } from './unfit.ts';
import { cityOf, urlOf, type Whereabouts } from './whereabouts.ts';
import { keysOf, senderOf, withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly node?: readonly string[];
  readonly key?: string;
  readonly keys?: string;
  readonly within: number;
  readonly json?: boolean;
}

const LOOK_MS = 500;

export const command = (): Command =>
  withCityOptions(
    new Command('payee')
      .description('say to whose account goes what nodes earn')
      .argument('[key]', 'as `keys show` prints a sender, or a file that `keys show --json` made')
      .option('--keys <file>', 'whose, as `keys new` makes it; else yours')
      .option('--node <address...>', 'which; else each of the city in the data folder')
      .option('--key <file>', 'of that one node; else it is in the data folder')
      .option('--within <s>', 'how long to wait', wholeNumber('--within', 1, 3_600), 60),
  ).action(run);

async function run(key: string | undefined, options: Options): Promise<void> {
  await offerCityBackends(process.env['CITY_CHAIN_BACKENDS']);
  const to =
    key === undefined
      ? senderOf(keysOf(options.keys, (line) => console.error(line)))
      : readSomebody(key).receiver;
  const endsAt = Date.now() + options.within * 1_000;
  const nodes = nodesOf(options);
  const { genesis } = await askCity({
    ...whereOf(options),
    role: 'ingress',
    message: About.of({}),
    hears: catalogue(AboutCity),
    says: catalogue(About),
  });
  for (const [node, secrets] of nodes) {
    await offered(options, actOf(genesis, node, to, secrets.signing, Date.now()), endsAt);
  }
  for (const [node] of nodes) {
    const account = nameText(to);
    console.log(
      options.json === true ? JSON.stringify({ node, account }) : `${node}  earns for ${account}`,
    );
  }
}

const whereOf = (options: Whereabouts) => ({ url: urlOf(options), city: place(cityOf(options)) });

/** Which nodes, with their keys. */
function nodesOf({ node, key, ...options }: Options): [NodeAddress, NodeSecrets][] {
  const asked = node?.map((each) => {
    if (isNodeAddress(each)) return each;
    throw new Unfit(`'${each.slice(0, 80)}' is not the address of a node`);
  });
  if (key !== undefined) {
    if (asked?.length !== 1) throw new Unfit('--key is of one node: say which one with --node');
    return [[asked[0]!, readKeyFile(key)]];
  }
  const at = cityOf(options);
  const city = readFounded(options.data).cities.find(({ genesis }) => genesis.place === at);
  if (city === undefined) throw new Unfit(`${options.data} has no city ${at}`);
  const nodes = asked ?? city.members.map((each) => each.node);
  return nodes.map((each) => [each, city.secretsOf(each)]);
}

export function actOf(
  { network, place: at }: Pick<Genesis, 'network' | 'place'>,
  node: NodeAddress,
  to: Uint8Array,
  signing: NodeSecrets['signing'],
  nowMs: number,
): SignedAct {
  const stamp = stampBytes({ wallMs: nowMs, count: 0 });
  const what = { says: 'payee', node, to } as const;
  const act = { version: 1, place: at, about: undefined, at: stamp, what };
  const key = { suite: signing.suite, key: verifyingKeyOf(signing.suite, signing.seed) };
  return { act, key, signature: sign(actSignJob(network, act, signing)) };
}

/** Taken by a ledger; one that does not have the node on its list yet is asked again. */
async function offered(options: Options, act: SignedAct, endsAt: number): Promise<void> {
  const { what } = act.act;
  for (;;) {
    const said = await askCity({
      ...whereOf(options),
      role: 'ledger',
      message: OfferAct.of({ act }),
      hears: catalogue(ActHeld, ActDeclined),
      says: catalogue(OfferAct),
    });
    // What it says already means nothing again.
    if (said.kind === 'ledger.act-held' || said.reason === 'no-evidence') return;
    if (said.reason !== 'busy' || Date.now() >= endsAt)
      throw new Failed(`${'node' in what ? what.node : ''}: declined as ${said.reason}`);
    await rested();
  }
}

const rested = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, LOOK_MS));
