/**
 * Gathering a bundle, on a delegate of the transaction's city: from below, one layer after another.
 *
 *   proof.ask --> own ledger --(subject, city)--> a member of the municipality --> of the continent --> of the globe
 *                                                  '--(what it says is checked: hashes here, signatures in the pool)
 *   a member that has nothing, says nothing, or lies --> another one, a few times --> the bundle ends there
 *
 * Each level serves the proof of what it took in: whoever asks it says only what it has from the level below. Our own
 * node is asked first where it is a member. What is not rooted yet is no fault: the bundle says how far it goes, and is
 * asked for again.
 *
 * Safety: our own ledger is believed, of nobody else anything is passed on that does not verify against the genesis of the network. Liveness: `TRIES` of one
 * level are asked at most, each has `WITHIN_MS`; so an asker hears something in time. Bounds: `GATHERINGS_MAX` at a time, of
 * each asker so many a second. Nothing is kept.
 */
import { assert } from '#lib/assert.ts';
import { buckets, takeOne, type Buckets } from '../allowance.ts';
import {
  ask,
  compute,
  reply,
  type Effect,
  type Moment,
  type Plain,
  type Signal,
  type Step,
} from '../effect.ts';
import { Find, type Found } from '../level.messages.ts';
import { refProof } from '../level/payload.ts';
import type { InMunicipality } from '../municipality-batch.ts';
import {
  FindHead,
  type AskSealers,
  type FoundHead,
  type SealersTold,
} from '../municipality.messages.ts';
import { newestSealers } from '../sealers.ts';
import { askOn, SEALERS, sealersCopy, told, type SealersCopy } from '../sealers-copy.ts';
import { ProofTold, Prove, type AskProof, type Proved, type Unproved } from '../proof.messages.ts';
import type { Probe } from '#lib/probe.ts';
import { address, nodeOf, placeOf, type NodeAddress } from '../subjects.ts';
import type { World } from '../world.ts';
import type { InChain, Rooted } from './bundle.ts';
import { levelsOf, UPPER, type Upper } from './levels.ts';
import { claimAbove } from './verify.ts';

const GATHERINGS_MAX = 64;
const ASKERS_MAX = 4_096;
const EACH = { perSecond: 8, burst: 32 };
const WITHIN_MS = 1_000;
/** Of one level: with less than a third of it lying, three are rarely all of them. */
const TRIES = 4;

export interface ProofSelf {
  readonly world: World;
  readonly node: NodeAddress;
  readonly probe: Probe;
}

interface Gathering {
  readonly id: Uint8Array;
  readonly asker: Pick<Moment, 'from' | 'ticket'>;
  /** What is checked by now; nothing before our ledger has answered. */
  proof: Rooted | undefined;
  /** The same with one layer more, whose signatures are being verified. */
  next: Rooted | undefined;
  /** Whose turn it is, and who of that level may still be asked. */
  layer: Upper | undefined;
  left: readonly NodeAddress[];
}

export interface Proofs {
  readonly self: ProofSelf;
  /** Who seals in our municipality, as our own node knows it. */
  readonly sealers: SealersCopy;
  readonly underWay: Map<string, Gathering>;
  readonly askers: Buckets;
  begun: number;
}

export type ProofHears = AskProof | Proved | FoundHead | Found | SealersTold;
export type ProofSays = ProofTold | Prove | FindHead | Find | AskSealers;
type Effects = readonly Effect<ProofSays>[];
type Did = Step<Proofs, ProofSays>;

export function begin(self: ProofSelf): Did {
  const sealers = sealersCopy(levelsOf(self.world, placeOf(self.node)).municipality!);
  return [{ self, sealers, underWay: new Map(), askers: buckets(ASKERS_MAX), begun: 0 }, []];
}

export function step(state: Proofs, input: ProofHears | Signal, at: Moment): Did {
  return [state, heard(state, input, at)];
}

function heard(state: Proofs, input: ProofHears | Signal, at: Moment): Effects {
  switch (input.kind) {
    case 'proof.ask':
      return asked(state, input, at);
    case 'answered':
    case 'unanswered': {
      const said = input.kind === 'answered' ? input.message : undefined;
      if (input.id === SEALERS) return learnSealers(state, said as SealersTold | undefined);
      return answered(state, input.id, said as Proved | FoundHead | Found | undefined, at);
    }
    case 'computed':
      return verified(state, input.id, input.output, at);
    case 'uncomputed':
      return end(state, input.id);
    default:
      return []; // Nobody asked: answers come as signals.
  }
}

function asked(state: Proofs, { id }: AskProof, at: Moment): Effects {
  const { self, underWay, askers } = state;
  const who = at.ticket?.asker ?? at.from;
  if (who === undefined || !takeOne(askers, nodeOf(who), at.now, EACH)) return [];
  const asker = { from: at.from, ticket: at.ticket };
  if (underWay.size >= GATHERINGS_MAX) return reply(asker, ProofTold.of({ id, why: 'busy' }));
  const number = String(++state.begun);
  underWay.set(number, {
    id,
    asker,
    proof: undefined,
    next: undefined,
    layer: undefined,
    left: [],
  });
  return [ask(number, address(self.node, 'ledger'), Prove.of({ id }), WITHIN_MS)];
}

function answered(
  state: Proofs,
  number: string,
  said: Proved | FoundHead | Found | undefined,
  at: Moment,
): Effects {
  const gathering = state.underWay.get(number);
  if (gathering === undefined) return [];
  if (gathering.layer === undefined)
    return ordered(state, number, gathering, said as Proved | undefined, at);
  const part = said === undefined ? undefined : partOf(gathering, said as FoundHead | Found);
  if (part === undefined) return askNext(state, number, gathering);
  const next = { ...gathering.proof!, [gathering.layer]: part };
  if (gathering.layer === 'municipality' && isUnknown(state, next)) {
    // Whoever asks again finds it known.
    return [...askSealers(state), ...askNext(state, number, gathering)];
  }
  const claim = claimAbove(next, state.self.world, state.sealers.sealers);
  if (!claim.ok) return lied(state, number, gathering);
  gathering.next = next;
  const { jobs } = claim.value.parts.at(-1)!;
  return [compute(number, 'proof.verify', jobs as unknown as Plain)];
}

/** Sealed in an epoch of which nothing is known here. */
const isUnknown = ({ sealers }: Proofs, { municipality }: Rooted): boolean =>
  municipality!.sealed.batch.epoch > newestSealers(sealers.sealers).epoch;

/** The own node knows. */
const askSealers = ({ self, sealers }: Proofs): Effects => [
  ...askOn(sealers, address(self.node, 'municipality')),
];

function learnSealers(state: Proofs, said: SealersTold | undefined): Effects {
  told(state.sealers, said, undefined);
  return (said?.handovers.length ?? 0) > 0 ? askSealers(state) : [];
}

const NO_LEVELS = { municipality: undefined, continent: undefined, globe: undefined };

/** What our own ledger has: it is believed. */
function ordered(
  state: Proofs,
  number: string,
  gathering: Gathering,
  said: Proved | undefined,
  at: Moment,
): Effects {
  if (said?.proof === undefined) return end(state, number, said?.why ?? 'busy');
  gathering.proof = { ...said.proof, ...NO_LEVELS };
  return climb(state, number, gathering, at);
}

/** What a member of a level has found, as a layer of the bundle. It may answer with whatever we hear at all. */
function partOf(
  { proof, layer }: Gathering,
  said: FoundHead | Found,
): InMunicipality | InChain | undefined {
  if (layer === 'municipality') return said.kind === 'municipality.found' ? said.part : undefined;
  if (said.kind !== 'level.found' || said.block === undefined) return undefined;
  const { refs, final } = said.block;
  const { name, id } = wantedOf(proof!, layer!);
  const index = refs.findIndex((ref) => ref.name === name && ref.id === id);
  return index < 0 ? undefined : { ref: refProof(refs, index), final };
}

/** What is looked for in a chain: what the layer below it is about. */
function wantedOf({ municipality, continent }: Rooted, layer: Upper): { name: string; id: number } {
  if (layer === 'continent') return municipality!.sealed.batch;
  const { chain, height } = continent!.final.heads[0]!;
  return { name: chain, id: height };
}

function verified(state: Proofs, number: string, output: Plain, at: Moment): Effects {
  const gathering = state.underWay.get(number);
  if (gathering === undefined) return [];
  const { next } = gathering;
  gathering.next = undefined;
  if (!(output as readonly boolean[]).every(Boolean)) return lied(state, number, gathering);
  gathering.proof = next;
  return climb(state, number, gathering, at);
}

/** One layer higher: whom to ask of it. */
function climb(state: Proofs, number: string, gathering: Gathering, at: Moment): Effects {
  const { node } = state.self;
  const layer = UPPER[gathering.layer === undefined ? 0 : UPPER.indexOf(gathering.layer) + 1];
  if (layer === undefined) return end(state, number);
  gathering.layer = layer;
  gathering.left = inTurns(holdersOf(state, layer), node, at).slice(0, TRIES);
  return askNext(state, number, gathering);
}

/** Who has what a level has made: of a municipality our own node has it, whoever seals. */
function holdersOf({ self: { world, node }, sealers }: Proofs, layer: Upper): NodeAddress[] {
  const sealing = newestSealers(sealers.sealers).members;
  const members =
    layer === 'municipality' ? sealing : (levelsOf(world, placeOf(node))[layer]?.members ?? []);
  const nodes = members.map((each) => each.node);
  return layer === 'municipality' && !nodes.includes(node) ? [node, ...nodes] : nodes;
}

/** Our own node first, the others from any of them on. */
function inTurns(
  nodes: readonly NodeAddress[],
  own: NodeAddress,
  { entropy }: Moment,
): NodeAddress[] {
  const others = nodes.filter((node) => node !== own);
  const first = others.length === 0 ? 0 : entropy.below(others.length);
  const turned = [...others.slice(first), ...others.slice(0, first)];
  return nodes.includes(own) ? [own, ...turned] : turned;
}

function lied(state: Proofs, number: string, gathering: Gathering): Effects {
  state.self.probe.sometimes('proof: what a member gave did not verify');
  return askNext(state, number, gathering);
}

/** Nobody is left: that layer has not got it yet. */
function askNext(state: Proofs, number: string, gathering: Gathering): Effects {
  const [node, ...left] = gathering.left;
  const { proof, layer } = gathering;
  if (node === undefined || layer === undefined) return end(state, number);
  gathering.left = left;
  const question =
    layer === 'municipality' ? findHead(proof!) : Find.of(named(wantedOf(proof!, layer)));
  return [ask(number, address(node, layer), question, WITHIN_MS)];
}

const named = ({ name, id }: { readonly name: string; readonly id: number }) => ({ name, id });

function findHead({ city: { next } }: Rooted): FindHead {
  return FindHead.of({ city: next.place, height: next.height });
}

function end({ underWay }: Proofs, number: string, why?: Unproved): Effects {
  const gathering = underWay.get(number);
  underWay.delete(number);
  if (gathering === undefined) return [];
  const { id, asker, proof } = gathering;
  return reply(asker, ProofTold.of({ id, proof, why }));
}

export function invariants({ underWay }: Proofs): void {
  assert(underWay.size <= GATHERINGS_MAX, 'so many bundles are gathered at a time');
}
