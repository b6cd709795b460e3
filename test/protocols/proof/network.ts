/** A small network over two continents, and whole bundles of its transactions, signed as each level would. */
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { sign, verifyingKeyOf, type SignatureSuite } from '#algorithms/signature.ts';
import { G2_BYTES } from '#algorithms/threshold/bls12381.ts';
import { seatsOf } from '#protocols/abba/seats.ts';
import { weightsOf } from '#protocols/abba/tally.ts';
import { cityBatch, headDigest, type CityHead, type Committed } from '#protocols/city-batch.ts';
import { stateAfter, stateStep } from '#protocols/city-state.ts';
import { committeeIn, genesisCommittee, type Committee, type Seat } from '#protocols/committee.ts';
import type { Handover } from '#protocols/lineage.ts';
import { isQuorum, stakeOf, type Delegate, type Genesis } from '#protocols/genesis.ts';
import { PLACES as NUMBERS, type Happened } from '#protocols/happened.ts';
import { blockId, EMPTY_PAYLOAD, saidSignJob, type Head } from '#protocols/jolteon/block.ts';
import type { Chain } from '#protocols/jolteon/certify.ts';
import type { Final } from '#protocols/jolteon/final.ts';
import { payloadOf, refProof, type Ref } from '#protocols/level/payload.ts';
import {
  batchDigest,
  headProof,
  leavesOf,
  municipalityBatch,
  NO_BATCH,
  sealSignJob,
  type InMunicipality,
  type Municipality,
  type MunicipalityBatch,
  type Sealed,
} from '#protocols/municipality-batch.ts';
import type { Bundle, InChain } from '#protocols/proof/bundle.ts';
import type { Subject } from '#protocols/proof/subject.ts';
import { actId, actSignJob } from '#protocols/act.ts';
import { cityProof } from '#protocols/proof/city-proof.ts';
import { toBytes } from '#protocols/codec.ts';
import { seated, type Sitting } from '#protocols/sitting.ts';
import { nodeToken, placeOf, type NodeAddress, type Place } from '#protocols/subjects.ts';
import { fingerprintOf, Header, txIdOf } from '#protocols/transaction.ts';
import {
  continentIn,
  globeIn,
  municipalitiesOf,
  municipalityIn,
  municipalityMembers,
  type World,
} from '#protocols/world.ts';
import { sealedBy } from '#simulations/sealed.ts';
import { bytesOf, KANAZAWA, KOMATSU, member, NETWORK, PARIS, TOKYO, txOf } from '../sample.ts';

const STANDING: readonly (readonly [Place, number])[] = [
  [KANAZAWA, 2],
  [KOMATSU, 4],
  [TOKYO, 2],
  [PARIS, 2],
];

function genesisAt(
  place: Place,
  count: number,
  network: Uint8Array,
  suite: SignatureSuite,
): Genesis {
  const delegates = Array.from({ length: count }, (_, i): Delegate => {
    const { node } = member(`d${i + 1}`, place);
    const key = verifyingKeyOf(suite, secretOf(node, suite).seed);
    return { node, stake: 1n, signing: { suite, key }, vrf: bytesOf(`vrf ${node}`) };
  });
  const grantor = member('grantor').signing;
  return { version: 1, network, place, delegates, grantor };
}

export function worldOf(network: Uint8Array = NETWORK, suite: SignatureSuite = 'ed25519'): World {
  const cities = STANDING.map(([place, count]) => genesisAt(place, count, network, suite));
  const sizes = { municipality: 4, continent: 4, globe: 4 };
  const founding = { version: 1, network, cities, sizes };
  const coins = municipalitiesOf(founding).map((name) => {
    const stakes = municipalityMembers(founding, name).map(({ stake }) => stake);
    return { name, key: bytesOf(name, seatsOf(weightsOf(stakes)).threshold * G2_BYTES) };
  });
  return { ...founding, coins };
}
export const WORLD = worldOf();

/** Nodes carry their place, and keys follow from their names. */
function secretOf(node: NodeAddress, suite: SignatureSuite) {
  const { seed } = member(nodeToken(node), placeOf(node)).secrets.signing;
  return { suite, seed };
}

/** The first members that are enough. */
function signersOf(members: readonly Delegate[]) {
  const whole = stakeOf({ delegates: members });
  let part = 0n;
  return members.flatMap(({ node, stake, signing }, i) => {
    const isEnough = isQuorum(part, whole);
    part += stake;
    return isEnough ? [] : [{ member: i, key: secretOf(node, signing.suite) }];
  });
}

export interface Wanted {
  readonly seq?: number;
  readonly height?: number;
  readonly world?: World;
  /** How often others have come to order: each time those of before but for the first, with other stakes. */
  readonly epochs?: number;
  /** Who orders in an epoch. */
  readonly seats?: (epoch: number) => readonly Seat[];
  /** How often others have come to seal in Ishikawa, at numbers 1, 2, ... */
  readonly sealings?: number;
  /** Who seals in an epoch. */
  readonly sitting?: (epoch: number) => readonly Sitting[];
  /** An act instead of a transaction. */
  readonly act?: { readonly about: Uint8Array; readonly place: Place };
  /** The city that it says it is said to. */
  readonly from?: Place;
  /** Of its sender. */
  readonly suite?: SignatureSuite;
  /** Other transactions in its batch. */
  readonly others?: number;
}

/** A transaction of Komatsu, rooted all the way up. */
export function bundleOf(wanted: Wanted = {}): Bundle {
  const { seq = 1, height = 7, world = WORLD, others = 4, suite = 'ed25519', epochs = 0 } = wanted;
  const sealing = sealedOverIn(world, wanted.sealings ?? 0, wanted.sitting);
  const { subject, id, about } =
    wanted.act === undefined ? saidBy(suite, seq, wanted.from) : actedBy(wanted.act);
  const ruled = handedOverIn(world, epochs, wanted.seats);
  const made = twoBatches(world, height, id, others, about, ruled.committee);
  const city = cityProof(made, others >> 1)!;
  const municipality = takenIn(world, sealing.municipality, made.next.batch.head);
  const continent = carriedBy(continentIn(world, 'asia')!, refToBatch(municipality), height);
  return {
    version: 1,
    subject,
    handovers: ruled.handovers,
    sealers: sealing.sealers,
    city,
    municipality,
    continent,
    globe: carriedBy(globeIn(world), refToBlock(continent), height + 1),
  };
}

interface Spoken {
  readonly subject: Subject;
  readonly id: Uint8Array;
  /** What an act is about. */
  readonly about: Uint8Array | undefined;
}

/** A transaction's header, signed in some suite. */
function saidBy(suite: SignatureSuite, seq: number, from: Place = KOMATSU): Spoken {
  const { secrets } = member('sender');
  const key = { suite, key: verifyingKeyOf(suite, secrets.signing.seed) };
  const { header: sample } = txOf('tamago', { seq }).tx.cover;
  const header = { ...sample, core: { ...sample.core, from, sender: fingerprintOf(key) } };
  const bytes = toBytes(Header, header);
  const { seed } = secrets.signing;
  const signature = sign({ suite, seed, purpose: 'tx', network: NETWORK, bytes });
  const subject = { is: 'transaction', header, key, signature } as const;
  return { subject, id: txIdOf(header), about: undefined };
}

/** Its receiver says that it has it. */
function actedBy({ about, place }: NonNullable<Wanted['act']>): Spoken {
  const { secrets, signing: key } = member('receiver');
  const at = stampBytes({ wallMs: 1, count: 0 });
  const act = { version: 1, place, about, at, what: { says: 'claim' } } as const;
  const signature = sign(actSignJob(NETWORK, act, secrets.signing));
  const signed = { act, key, signature };
  return { subject: { is: 'act', signed }, id: actId(signed), about };
}

/** By turns three of its delegates, and all four. */
const seatsOf4 = (epoch: number): readonly Seat[] =>
  [0, 1, 2, 3].slice(epoch % 2).map((of) => ({ of, stake: BigInt(epoch + of) }));

/** Who orders in Komatsu after so many hand-overs, at heights 1, 2, ...; and these. */
function handedOverIn(world: World, epochs: number, seats = seatsOf4) {
  const genesis = world.cities.find(({ place }) => place === KOMATSU)!;
  let committee = genesisCommittee(genesis);
  const handovers: Handover[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const next = seats(epoch + 1);
    const chosen = {
      place: KOMATSU,
      epoch,
      height: epoch + 1,
      prev: bytesOf(`prev ${epoch}`),
      proposer: genesis.delegates[0]!.node,
      round: 3 * epoch,
      at: stampBytes({ wallMs: epoch, count: 0 }),
      stateRoot: bytesOf(`state ${epoch}`),
      next,
    };
    const { head } = cityBatch(chosen, [], undefined);
    const quorum = sealedBy(world.network, head, signersOf(committee.members));
    handovers.push({ head, quorum });
    committee = committeeIn(genesis, epoch + 1, next);
  }
  return { committee, handovers };
}

function twoBatches(
  world: World,
  height: number,
  own: Uint8Array,
  others: number,
  about: Uint8Array | undefined,
  { epoch, members }: Committee,
) {
  const { delegates, network } = world.cities.find(({ place }) => place === KOMATSU)!;
  const all = Array.from({ length: others + 1 }, (_, i) =>
    i === others >> 1 ? own : bytesOf(`tx ${height}.${i}`),
  ).map((id, i) => ({
    txId: id,
    cert: id === own && about !== undefined ? own : bytesOf(`cert ${height}.${i}`),
  }));
  const happened = all.map(({ txId: id, cert }, i): Happened => {
    const number = height * NUMBERS + i;
    const txId = id === own ? (about ?? own) : id;
    return { number, txId, state: 'COMMITTED', from: 'POH_ACK', cause: cert };
  });
  const step = stateStep(happened, {
    accounts: bytesOf(`accounts ${height}`),
    stakes: bytesOf(`stakes ${height}`),
  });
  const before = bytesOf(`before ${height}`);
  const chosen = {
    place: KOMATSU,
    epoch,
    height,
    prev: before,
    proposer: delegates[0]!.node,
    round: 3 * height,
    at: stampBytes({ wallMs: 1_700_000_000_000 + height, count: 0 }),
    stateRoot: before,
  };
  const of = cityBatch(chosen, all, undefined);
  const follows = {
    height: height + 1,
    prev: headDigest(of.head),
    stateRoot: stateAfter(before, step),
  };
  const next = cityBatch({ ...chosen, ...follows }, [], undefined);
  const sealed = (batch: typeof of): Committed => ({
    batch,
    quorum: sealedBy(network, batch.head, signersOf(members)),
  });
  return { of: sealed(of), happened, step, next: sealed(next) };
}

/** With a city beside it, and a head before it. */
function takenIn(
  { network }: World,
  { name, epoch, members }: Municipality,
  head: CityHead,
): InMunicipality {
  const beside = bytesOf(`beside ${head.height}`);
  const taken = [
    { city: KANAZAWA, from: 3, heads: [beside] },
    { city: KOMATSU, from: head.height - 1, heads: [head.prev, headDigest(head)] },
  ];
  const chosen = { name, epoch, id: head.height, prev: NO_BATCH };
  const batch = municipalityBatch(chosen, taken);
  const sealed = { batch, seals: sealsOf(network, members, batch) };
  return { head: headProof(leavesOf(taken), 2), sealed };
}

function sealsOf(
  network: Uint8Array,
  members: readonly Delegate[],
  batch: MunicipalityBatch,
): Sealed['seals'] {
  const seal = { name: batch.name, id: batch.id, batch: batchDigest(batch) };
  return signersOf(members).map(({ member: by, key }) => ({
    member: by,
    signature: sign(sealSignJob(network, seal, key)),
  }));
}

/** By turns three of the delegates of Komatsu and one of Kanazawa, and all of Komatsu. */
export function sittingOf4(epoch: number): readonly Sitting[] {
  const nodes = WORLD.cities
    .filter(({ place }) => place === KANAZAWA || place === KOMATSU)
    .flatMap(({ delegates }) => delegates.map(({ node }) => node as Sitting['node']));
  return nodes
    .slice(epoch % 2 === 1 ? 1 : 2, epoch % 2 === 1 ? 5 : 6)
    .map((node, i) => ({ node, stake: BigInt(epoch + i) }));
}

const inEpoch = (
  genesis: Municipality,
  epoch: number,
  members: Municipality['members'],
): Municipality => ({ ...genesis, epoch, members });

/** Who seals in Ishikawa after so many hand-overs; and these. */
function sealedOverIn(world: World, epochs: number, sitting = sittingOf4) {
  let municipality = municipalityIn(world, 'asia.ishikawa')!;
  const sealers: Sealed[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const { name, members } = municipality;
    const next = [...sitting(epoch + 1)];
    const batch = municipalityBatch({ name, epoch, id: epoch + 1, prev: NO_BATCH, next }, []);
    sealers.push({ batch, seals: sealsOf(world.network, members, batch) });
    const then = seated(municipality.cities, next) ?? members;
    municipality = inEpoch(municipality, epoch + 1, then);
  }
  return { municipality, sealers };
}

function refToBatch({ sealed: { batch } }: InMunicipality): Ref {
  const { name, id } = batch;
  return { name, id, digest: batchDigest(batch) };
}

function refToBlock({ final }: InChain): Ref {
  const [block] = final.heads;
  return { name: block!.chain, id: block!.height, digest: blockId(block!) };
}

/** What the block of a layer carries. */
export const refsOf = (
  { municipality, continent }: Bundle,
  layer: 'continent' | 'globe',
): Ref[] => [ANOTHER, layer === 'continent' ? refToBatch(municipality!) : refToBlock(continent!)];
const ANOTHER: Ref = { name: 'another', id: 1, digest: bytesOf('another') };

/** In a block with others. */
function carriedBy(chain: Chain, ref: Ref, height: number): InChain {
  const refs = [ANOTHER, ref];
  return { ref: refProof(refs, 1), final: finalOf(chain, refs, height) };
}

function finalOf(
  { network, name, epoch, members }: Chain,
  refs: readonly Ref[],
  height: number,
): Final {
  const common = { chain: name, epoch, height, author: 0 };
  const round = 2 * height;
  const block: Head = {
    ...common,
    round,
    parent: bytesOf(`parent ${name} ${height}`),
    parentRound: round - 1,
    payload: payloadOf(refs),
  };
  const child: Head = {
    ...common,
    round: round + 1,
    parent: blockId(block),
    parentRound: round,
    payload: EMPTY_PAYLOAD,
  };
  const said = {
    is: 'vote',
    chain: name,
    epoch,
    round: child.round,
    block: blockId(child),
  } as const;
  const votes = signersOf(members).map(({ member: by, key }) => ({
    member: by,
    signature: sign(saidSignJob(network, said, key)),
  }));
  return { heads: [block, child], qc: { block: blockId(child), round: child.round, votes } };
}
