/**
 * A member of a municipality: takes in what its cities have committed, together with the other members.
 *
 *   city --top (heads, quorum)--> known --(each tries 1, 2, 4, 8 batches further)--> ABBA, one for each city and span
 *        all decided: the longest span with 1, of each city --> batch --> seal, to all
 *        seals of > 2/3 --> sealed batch, kept --> the next one
 *
 * What a city had not told anybody in time is decided out, and comes in with a later batch; what one member alone lacks, is
 * decided in, and it asks the others for it: by validity of ABBA somebody honest has it. So a city that is slow, or cut
 * off, holds up nobody.
 *
 * Safety: agreement of each instance, and that a city's height names one chain, make one batch of each number; members seal
 * one, kept before it leaves, and two quorums of seals share somebody honest. Liveness, once messages arrive: ABBA
 * ends, and whatever is lost is said again each tick, until the batch is sealed. Who is behind asks (`where`).
 *
 * Every delegate of its cities runs this: whoever is no member follows, and is one when it is chosen (epochs.ts).
 *
 * Cost of a batch with n members and c cities: where all know the same, some four words of each to each (two rounds: spans
 * that nobody has end in the second one), all of a step under one signature; and one seal of each to each.
 *
 * The state changes in place.
 */
import { assert } from '#lib/assert.ts';
import * as abba from '../abba/abba.ts';
import type { Tossed } from '../abba/jobs.ts';
import type { Value } from '../abba/words.ts';
import { whole } from '../codec.ts';
import { send, wake, type Moment, type Plain, type Signal, type Step } from '../effect.ts';
import { NO_BATCH, Sealed, type Seal } from '../municipality-batch.ts';
import { SealedWord } from '../municipality.messages.ts';
import { newestSealers, restoredSealers, sealersOf } from '../sealers.ts';
import type { NodeAddress } from '../subjects.ts';
import { evidenceIn } from './accuse.ts';
import { carryOut, instancesOf, setupOf, stepOne } from './agree.ts';
import { newCity } from './cities.ts';
import { noReads, readOne } from '../ledger/reads.ts';
import { GIVE, noAskers } from './find.ts';
import { forkIn, isOfFork, readOfFork, tellAll } from './fork.ts';
import { delegatesOf, seatedAs } from './epochs.ts';
import * as eras from './eras.ts';
import { believeVerified, heard, hearEarly, whereOf } from './hear.ts';
import { castMoved, castSeal, flush, toAll, verified, verifyAgain, verifyNext } from './say.ts';
import { move } from './seal.ts';
import {
  Kept,
  memberOf,
  STANDING,
  Tip,
  TIP,
  type Effects,
  type Hears,
  type Member,
  type MemberSelf,
  type Says,
} from './state.ts';

const TICK_MS = 300;
const PULSE_TICKS = 4;
/** A fork is said to all, for whoever was away. */
const FORK_TICKS = 16;

type Did = Step<Member, Says>;

export function begin(self: MemberSelf, kept: ReadonlyMap<string, Uint8Array>): Did {
  const { municipality } = self;
  const { cities } = municipality;
  const delegates = delegatesOf(self);
  const member: Member = {
    self,
    sealers: sealersOf(municipality),
    ...seatedAs(self, municipality),
    delegates,
    cities: cities.map(({ place }) => newCity(place)),
    copies: cities.map(eras.copyOf),
    id: 1,
    prev: NO_BATCH,
    instances: [],
    fresh: [],
    seal: undefined,
    seals: new Map(),
    signed: new Map(),
    evidence: evidenceIn(kept),
    said: undefined,
    made: undefined,
    casts: 0,
    underWay: new Map(),
    queue: [],
    atWork: [],
    early: new Map(),
    suspected: undefined,
    fork: forkIn(kept),
    ahead: 0,
    bothered: new Set(),
    reads: noReads(),
    askers: noAskers(),
    ticks: 0,
    hasMoved: false,
    gathered: 'no',
  };
  const seal = restore(member, kept);
  if (member.fork !== undefined) return [member, [wake('tick', TICK_MS)]];
  return [member, [wake('tick', TICK_MS), ...(seal === undefined ? [] : castSeal(member, seal))]];
}

/** What a former life stood by; its seal is signed and said again. */
function restore(member: Member, kept: ReadonlyMap<string, Uint8Array>): Seal | undefined {
  const [tip, stood] = [kept.get(TIP), kept.get(STANDING)];
  if (tip !== undefined) {
    const { id, digest, cities, eras: sealing } = whole(Tip, tip);
    member.sealers = restoredSealers(member.self.municipality, sealing);
    Object.assign(member, seatedAs(member.self, newestSealers(member.sealers)));
    member.id = id + 1;
    member.prev = digest;
    for (const [i, each] of cities.entries()) Object.assign(member.cities[i]!, each);
  }
  const standing = stood === undefined ? undefined : whole(Kept, stood);
  if (standing === undefined || standing.id !== member.id) return undefined;
  member.instances = instancesOf(member);
  for (const { instance, round, est, said } of standing.instances) {
    const own = { round, est: est as Value, said };
    member.instances[instance] = abba.begin(setupOf(member, instance), own);
  }
  member.self.probe.sometimes('municipality: a later life stands by its words');
  member.seal = standing.seal;
  if (standing.seal === undefined) return undefined;
  return { name: member.self.municipality.name, id: member.id, batch: standing.seal };
}

export function step(member: Member, input: Hears | Signal, at: Moment): Did {
  const { id } = member;
  const did = input.kind.includes('.')
    ? heard(member, input as Hears, at)
    : told(member, input as Signal);
  if (member.fork !== undefined) return [member, did];
  const followed = move(member);
  const early = member.id > id ? [...hearEarly(member), ...move(member)] : [];
  return [member, [...did, ...followed, ...early, ...flush(member), ...verifyNext(member)]];
}

function told(member: Member, input: Signal): Effects {
  switch (input.kind) {
    case 'kept':
      return castMoved(member, input.id);
    case 'answered':
    case 'unanswered':
      return [
        ...eras.answered(member, input.id, input.kind === 'answered' ? input.message : undefined),
      ];
    case 'computed':
      return computed(member, input.id, input.output);
    case 'uncomputed':
      return uncomputed(member, input.id);
    case 'recalled': {
      if (isOfFork(input.id)) return readOfFork(member, input.value);
      if (!input.id.startsWith(GIVE)) return [...readOne(member.reads, input.id, input.value)];
      const to = input.id.slice(GIVE.length) as NodeAddress;
      if (input.value === undefined) return [];
      return [send(memberOf(to), SealedWord.of({ sealed: whole(Sealed, input.value) }))];
    }
    case 'wake':
      if (input.id === `gather/${member.id}`) member.gathered = 'yes';
      return input.id === 'tick' ? tick(member) : [];
    default:
      return [];
  }
}

function computed(member: Member, id: string, output: Plain): Effects {
  if (eras.isOfEras(id)) {
    eras.computed(member, id, output as readonly boolean[]);
    return [];
  }
  const [what, of, instance, round] = id.split('/') as [string, string, string, string];
  if (what === 'verify')
    return verified(member, output as readonly boolean[]).flatMap((each) =>
      believeVerified(member, each),
    );
  if (what === 'cast') return castMoved(member, id, output as Uint8Array);
  if (Number(of) !== member.id) return [];
  const at = { round: Number(round) };
  if (what === 'toss')
    return stepOne(member, Number(instance), {
      is: 'tossed',
      ...at,
      shares: output as readonly Uint8Array[],
    });
  return stepOne(member, Number(instance), {
    is: 'combined',
    ...at,
    ...(output as unknown as Tossed),
  });
}

/** The pool failed: once more. What we say is said again at the next tick. */
function uncomputed(member: Member, id: string): Effects {
  if (eras.isOfEras(id)) {
    eras.computed(member, id);
    return [];
  }
  const [what, of, instance, round] = id.split('/') as [string, string, string, string];
  if (what === 'verify') return verifyAgain(member);
  if (what === 'cast') {
    member.underWay.delete(id);
    return member.said === undefined ? sealAgain(member) : [];
  }
  if (Number(of) !== member.id) return [];
  const at = Number(round);
  if (what === 'toss') return carryOut(member, Number(instance), { act: 'toss', round: at });
  return stepOne(member, Number(instance), {
    is: 'combined',
    round: at,
    coin: undefined,
    liars: [],
  });
}

// --- again and again -----------------------------------------------------------------------------------

/** Nothing that is lost is lost for good; and nothing is said again while things move by themselves. */
function tick(member: Member): Effects {
  const { ticks, hasMoved, instances } = member;
  member.ticks++;
  member.bothered.clear();
  if (member.fork !== undefined)
    return [wake('tick', TICK_MS), ...(ticks % FORK_TICKS === 0 ? tellAll(member) : [])];
  member.hasMoved = false;
  const again: Effects = [wake('tick', TICK_MS)];
  const isStuck = instances.length > 0 && !hasMoved;
  if (!hasMoved) member.ahead = 0;
  const peer = whomToTell(member, ticks);
  if (peer !== undefined && (isStuck || ticks % PULSE_TICKS === 0))
    again.push(send(memberOf(peer), whereOf(member)));
  if (!isStuck) return again;
  for (const [instance, each] of instances.entries())
    member.fresh.push(...abba.again(each).map((word) => ({ instance, word })));
  if (member.said !== undefined) again.push(...toAll(member, member.said));
  else if (member.underWay.size === 0) again.push(...sealAgain(member));
  return again;
}

/** Members in turn, and now and then any delegate: those who were members when we were here last may be gone. */
function whomToTell({ peers, delegates }: Member, turn: number): NodeAddress | undefined {
  const all = Math.floor(turn / PULSE_TICKS) % 4 === 3 ? [...delegates] : peers;
  return all[turn % Math.max(1, all.length)];
}

/** What we stand by, and could not sign when there was no room, or no pool. */
function sealAgain(member: Member): Effects {
  const { self, id, seal: batch } = member;
  return batch === undefined ? [] : castSeal(member, { name: self.municipality.name, id, batch });
}

/** What must be true between any two steps. */
export function invariants(member: Member): void {
  for (const each of member.instances) abba.invariants(each);
  assert(member.seals.size <= member.weights.of.length, 'one seal of each member counts');
  assert(member.fresh.length === 0, 'what is said in a step leaves with it');
}
