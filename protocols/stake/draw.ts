/**
 * The beacon of an epoch: what its delegates have drawn, each once, by a VRF.
 *
 *   epoch before --(digest of its last batch)--> input --(VRF of a delegate)--> act `draw` --(ordered)--.
 *                                                          beacon = all outputs that were ordered, together <--'
 *
 * The stakes that an election is decided on are those of the end of the epoch before; the input of the draws is known
 * from there on, and their outputs to nobody but each its own. One that is honest and ordered in time makes the beacon
 * one that nobody foresaw. Whoever draws last may keep its draw back and so choose between two beacons, and no more: a
 * VRF has one output. In which order they come changes nothing. Without any draw the beacon follows from the input.
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import type { CheckJob, ProveJob } from '#algorithms/vrf.ts';
import { bytes, record, toBytes, type Infer } from '../codec.ts';
import type { Delegate, Genesis } from '../genesis.ts';
import { proveJob } from '../placement.ts';
import { digest, placeName } from '../terms.ts';
import { epochNumber, withStake, type Stakes } from './stakes.ts';

const INPUT = domain('beacon draw');
const PART = domain('beacon part');
const BEACON = domain('beacon');

const Input = record({
  network: bytes(1, 64),
  place: placeName,
  epoch: epochNumber,
  since: digest,
});
const Part = record({ epoch: epochNumber, output: bytes(64) });
const Beacon = record({ epoch: epochNumber, since: digest, drawn: digest });

/** What a delegate says once an epoch. */
export const Drawn = record({ epoch: epochNumber, proof: bytes(80), output: bytes(64) });
export type Drawn = Infer<typeof Drawn>;

type Where = Pick<Stakes, 'epoch' | 'sinceDigest'>;

const inputOf = ({ network, place }: Genesis, { epoch, sinceDigest }: Where): Uint8Array =>
  hash(INPUT, toBytes(Input, { network, place, epoch, since: sinceDigest }));

export const drawJob = (genesis: Genesis, where: Where, seed: Uint8Array): ProveJob =>
  proveJob(seed, inputOf(genesis, where));

/** Shows that a delegate drew this; gives the output. */
export function drawCheckJob(
  genesis: Genesis,
  where: Where,
  { vrf }: Pick<Delegate, 'vrf'>,
  { proof }: Pick<Drawn, 'proof'>,
): CheckJob {
  const { suite, input } = drawJob(genesis, where, vrf);
  return { suite, input, publicKey: vrf, proof };
}

/** Of this epoch, and the first of its delegate; else nothing. */
export function drawn(stakes: Stakes, who: number, said: Drawn): Stakes | undefined {
  const { epoch, beacon } = stakes;
  if (said.epoch !== epoch || stakes.delegates[who]!.hasDrawn) return undefined;
  const part = hash(PART, toBytes(Part, { epoch, output: said.output }));
  const together = beacon.map((byte, i) => byte ^ part[i]!);
  return withStake({ ...stakes, beacon: together }, who, { hasDrawn: true });
}

/** What the next committee is drawn by, as far as this epoch has come. */
export const beaconOf = ({ epoch, sinceDigest, beacon }: Stakes): Uint8Array =>
  hash(BEACON, toBytes(Beacon, { epoch, since: sinceDigest, drawn: beacon }));
