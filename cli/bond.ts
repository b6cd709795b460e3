/**
 * `city-chain bond AMOUNT`, `city-chain unbond AMOUNT`: a delegate puts so much of its own at stake, or takes it back. What is
 * taken back is locked for as long as evidence of its votes counts (docs/protocols/dpos.md).
 *
 *   $ city-chain unbond 20 --key data/city/keys/asia.ishikawa.komatsu.k3.key.json
 *   asia.ishikawa.komatsu.k3  80 bonded, 20 leaving, 0 free
 */
import { Command } from 'commander';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { sign, verifyingKeyOf } from '#algorithms/signature.ts';
import { same } from '#lib/bytes.ts';
import { actSignJob, type SignedAct } from '#protocols/act.ts';
import { catalogue } from '#protocols/codec.ts';
import type { Genesis } from '#protocols/genesis.ts';
import { ActDeclined, ActHeld, OfferAct } from '#protocols/ledger.messages.ts';
import type { NodeSecrets } from '#protocols/self.ts';
import { About, AboutCity } from '#protocols/sending.messages.ts';
import { leavingOf, type Stake } from '#protocols/stake/stakes.ts';
import { place, type NodeAddress } from '#protocols/subjects.ts';
import { askCity } from './ask-city.ts';
import { readKeyFile } from './city/key-file.ts';
import { stakesOf } from './stakes.ts';
import { Failed, Unfit, wholeNumber } from './unfit.ts';
import { cityOf, urlOf, type Whereabouts } from './whereabouts.ts';
import { withCityOptions } from './with-city.ts';

type Signing = NodeSecrets['signing'];
interface Options extends Whereabouts {
  readonly key: string;
  readonly within: number;
  readonly json?: boolean;
}
export type Which = 'bond' | 'unbond';

const SAYS: Readonly<Record<Which, string>> = {
  bond: 'put so much of what is free of a delegate at stake',
  unbond: 'take back so much of what a delegate has at stake',
};
const LOOK_MS = 500;

export const command = (which: Which): Command =>
  withCityOptions(
    new Command(which)
      .description(SAYS[which])
      .argument('<amount>', 'of the stake, as `delegates` shows it')
      .requiredOption('--key <file>', 'of the delegate: <data>/city/keys/<address>.key.json')
      .option('--within <s>', 'how long to wait', wholeNumber('--within', 1, 3_600), 60),
  ).action((amount: string, options: Options) => run(which, amount, options));

async function run(which: Which, given: string, options: Options): Promise<void> {
  const amount = amountOf(given);
  const { signing } = readKeyFile(options.key);
  const { genesis } = await askCity({
    ...whereOf(options),
    role: 'ingress',
    message: About.of({}),
    hears: catalogue(AboutCity),
    says: catalogue(About),
  });
  const node = delegateWith(genesis, signing);
  const before = await stakeOf(options, node);
  mayMove(which, amount, before);
  const said = await askCity({
    ...whereOf(options),
    role: 'ledger',
    message: OfferAct.of({ act: actOf(genesis, which, amount, signing, Date.now()) }),
    hears: catalogue(ActHeld, ActDeclined),
    says: catalogue(OfferAct),
  });
  if (said.kind === 'ledger.act-declined') throw new Failed(`${node}: declined as ${said.reason}`);
  const after = await moved(options, node, before);
  const shown = { node, bonded: String(after.bonded), leaving: String(leavingOf(after)) };
  console.log(
    options.json === true
      ? JSON.stringify({ ...shown, free: String(after.free) })
      : `${node}  ${shown.bonded} bonded, ${shown.leaving} leaving, ${after.free} free`,
  );
}

const whereOf = (options: Whereabouts) => ({ url: urlOf(options), city: place(cityOf(options)) });

function amountOf(given: string): bigint {
  if (/^[1-9]\d{0,18}$/.test(given)) return BigInt(given);
  throw new Unfit(`'${given}' is no amount, expected a whole number above zero`);
}

/** Whose key it is. */
export function delegateWith(
  { delegates, place: at }: Genesis,
  { suite, seed }: Signing,
): NodeAddress {
  const key = verifyingKeyOf(suite, seed);
  const found = delegates.find(({ signing }) => signing.suite === suite && same(signing.key, key));
  if (found === undefined) throw new Unfit(`--key is of no delegate of ${at}`);
  return found.node;
}

/** What would mean nothing is not said. */
export function mayMove(which: Which, amount: bigint, { bonded, free, offence }: Stake): void {
  const most = which === 'bond' ? free : bonded;
  const what = which === 'bond' ? 'free' : 'bonded';
  if (amount > most) throw new Unfit(`${amount} is more than the ${most} that are ${what}`);
  if (which === 'bond' && offence !== undefined)
    throw new Unfit(`whoever was convicted (${offence.fault}) puts nothing at stake any more`);
}

export function actOf(
  { network, place: at }: Genesis,
  which: Which,
  amount: bigint,
  signing: Signing,
  nowMs: number,
): SignedAct {
  const stamp = stampBytes({ wallMs: nowMs, count: 0 });
  const act = { version: 1, place: at, about: undefined, at: stamp, what: { says: which, amount } };
  const key = { suite: signing.suite, key: verifyingKeyOf(signing.suite, signing.seed) };
  return { act, key, signature: sign(actSignJob(network, act, signing)) };
}

async function stakeOf(options: Whereabouts, node: NodeAddress): Promise<Stake> {
  const { stakes, nodes } = await stakesOf(options);
  return stakes.delegates[nodes.indexOf(node)]!;
}

/** When the city has ordered it. */
async function moved(options: Options, node: NodeAddress, before: Stake): Promise<Stake> {
  const endsAt = Date.now() + options.within * 1_000;
  for (;;) {
    const stake = await stakeOf(options, node);
    if (stake.bonded !== before.bonded) return stake;
    if (Date.now() >= endsAt) throw new Failed(`${node}: the city has not ordered that yet`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
