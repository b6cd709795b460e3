/**
 * Hearing: what could be of use is verified, then believed. Whoever is behind is given the sealed batch that it lacks;
 * whoever is ahead is asked for ours.
 */
import { same } from '#lib/bytes.ts';
import { takeOne } from '../allowance.ts';
import { committeeFor } from '../lineage.ts';
import { recall, send, type Moment } from '../effect.ts';
import {
  isRow,
  municipalityBatch,
  sealVerifyJob,
  topJobs,
  type MunicipalityBatch,
  type Taken,
} from '../municipality-batch.ts';
import {
  SPOKEN_BYTES_MAX,
  Top,
  Where,
  wordsVerifyJob,
  type SealedWord,
  type SealWord,
  type Spoken,
  type Words,
} from '../municipality.messages.ts';
import { nodeOf, type NodeAddress } from '../subjects.ts';
import { accuseOfSeals, isAccused, remember, tellAccused } from './accuse.ts';
import { beginBatch, stepOne } from './agree.ts';
import { askFor, learn } from './eras.ts';
import { find, GIVE, newest, sealedKey, tellSealers } from './find.ts';
import { goesOn, halt, suspect, verifySealed } from './fork.ts';
import { isNews, rowAfter, taken, takeRow, topOf } from './cities.ts';
import { arrive, type Verified } from './say.ts';
import { finish } from './seal.ts';
import { offerNext } from './upward.ts';
import { EARLY_MAX, memberOf, type Claim, type Effects, type Hears, type Member } from './state.ts';

/** Of each who lacks batches so many a second. */
const CATCHING_UP = { perSecond: 64, burst: 64 };

export function heard(member: Member, input: Hears, at: Moment): Effects {
  const from = at.from === undefined ? member.self.node : nodeOf(at.from);
  if (member.fork !== undefined && !isAsked(input)) return [];
  switch (input.kind) {
    case 'municipality.top':
      return hearTop(member, input, at, from);
    case 'municipality.words':
      return hearSigned(member, input, input.spoken.id, input.spoken.member, from);
    case 'municipality.seal':
      return hearSigned(member, input, input.id, input.member, from);
    case 'municipality.sealed': {
      const { id } = input.sealed.batch;
      if (id > member.id) return askWhere(member, from, id);
      // Of a number that is over delegates alone are heard, and what is ours already is verified for nobody.
      if (id < member.id) return member.delegates.has(from) ? suspect(member, input, from) : [];
      return verifySealed(member, input, from);
    }
    case 'municipality.where':
      return member.delegates.has(from) ? answerWhere(member, input, from, at) : [];
    case 'municipality.find':
      return find(member, input, at);
    case 'municipality.handovers':
      return tellSealers(member, input, at);
    case 'municipality.newest':
      return newest(member, at);
    case 'level.taken':
      return offerNext(member, input, at);
    case 'level.accused':
      return tellAccused(member, input, at);
    default:
      return [];
  }
}

function hearTop(member: Member, claim: Top, at: Moment, from: NodeAddress): Effects {
  const { municipality } = member.self;
  const place = claim.top.heads[0]?.place;
  const which = municipality.cities.findIndex((city) => city.place === place);
  if (which < 0) return [];
  if (!isRow(claim.top, municipality.cities[which]!) || !isNews(member.cities[which]!, claim.top))
    return [];
  // Our own ledger has verified it.
  if (at.from !== undefined && at.from === member.self.rooting) return believe(member, claim);
  const last = claim.top.heads.at(-1)!;
  const committee = committeeFor(member.copies[which]!.lineage, last);
  if (committee === undefined) return [...askFor(member, which, last)];
  const jobs = topJobs(municipality.network, committee, claim.top);
  if (jobs !== undefined) arrive(member, { claim, from, jobs });
  return [];
}

/** Of this batch or the next one: verified. Of one before: whoever says it is behind. */
function hearSigned(
  member: Member,
  claim: Words | SealWord,
  id: number,
  by: number,
  from: NodeAddress,
): Effects {
  const { municipality } = member;
  const signer = municipality.members[by];
  if (member.own === undefined || signer === undefined || by === member.own) return [];
  if (id > member.id + 1) return askWhere(member, from, id);
  if (id < member.id) return giveSealed(member, id, from);
  const { network, name } = municipality;
  if (claim.kind === 'municipality.seal') {
    const said = id === member.id ? member.seals.get(by) : undefined;
    if (said !== undefined && (same(said.batch, claim.batch) || isAccused(member, by))) return [];
    const seal = { name, id, batch: claim.batch };
    arrive(member, {
      claim,
      from,
      jobs: [sealVerifyJob(network, seal, claim.signature, signer.signing)],
    });
    return [];
  }
  if (claim.spoken.name !== name) return [];
  const job = wordsVerifyJob(network, claim.spoken, claim.signature, signer.signing);
  if (job.bytes.length > SPOKEN_BYTES_MAX) return [];
  arrive(member, { claim, from, jobs: [job] });
  return [];
}

/** What those of one epoch have said is nothing in another one. */
export function believeVerified(member: Member, { claim, from, epoch }: Verified): Effects {
  const isWord = claim.kind === 'municipality.words' || claim.kind === 'municipality.seal';
  if (isWord && epoch !== member.municipality.epoch) return [];
  const { id } = member;
  const did = believe(member, claim);
  // There is more where this batch came from.
  const isBehind = member.id > id && member.ahead > member.id && member.delegates.has(from);
  return isBehind ? [...did, send(memberOf(from), whereOf(member))] : did;
}

/** What comes after a halt, in one answer of the pool, is believed no more. */
export function believe(member: Member, claim: Claim): Effects {
  if (member.fork !== undefined) return [];
  switch (claim.kind) {
    case 'municipality.top': {
      const last = claim.top.heads.at(-1)!;
      const which = member.cities.findIndex(({ place }) => place === last.place);
      learn(member, which, last);
      if (takeRow(member.cities[which]!, claim.top)) member.hasMoved = true;
      return [];
    }
    case 'municipality.words':
      if (claim.spoken.id === member.id + 1) return keepEarly(member, claim.spoken.member, claim);
      if (claim.spoken.id !== member.id) return [];
      remember(member, claim);
      return hearWords(member, claim.spoken);
    case 'municipality.seal':
      if (claim.id === member.id + 1) return keepEarly(member, claim.member, claim);
      return claim.id === member.id ? hearSeal(member, claim) : [];
    case 'municipality.sealed':
      return hearSealed(member, claim);
    default:
      return [];
  }
}

/** What may be asked of one that agrees on nothing any more. */
const isAsked = ({ kind }: Hears): boolean =>
  kind === 'municipality.find' ||
  kind === 'municipality.newest' ||
  kind === 'municipality.handovers' ||
  kind === 'municipality.where' ||
  kind === 'level.taken' ||
  kind === 'level.accused';

function hearSealed(member: Member, claim: SealedWord): Effects {
  const { sealed } = claim;
  const { id } = sealed.batch;
  if (id > member.id) return [];
  // It may be over only since it began to be verified, and be ours.
  if (id < member.id) return suspect(member, claim);
  return goesOn(member, sealed)
    ? finish(member, sealed, shownBy(member, sealed.batch))
    : halt(member, sealed);
}

/** What it holds, where we have heard all of that from its cities. */
function shownBy({ cities }: Member, batch: MunicipalityBatch): readonly Taken[] | undefined {
  const all: Taken[] = [];
  for (const { city: at, to } of batch.cities) {
    const city = cities.find(({ place }) => place === at);
    const span = city && taken(city, to);
    if (span === undefined) return undefined;
    all.push(span);
  }
  return same(municipalityBatch(batch, all).root, batch.root) ? all : undefined;
}

/** The first one of each counts. */
function hearSeal(member: Member, claim: SealWord): Effects {
  const said = member.seals.get(claim.member);
  if (said !== undefined) return accuseOfSeals(member, said, claim);
  member.seals.set(claim.member, claim);
  member.hasMoved = true;
  return [];
}

function hearWords(member: Member, { member: from, words }: Spoken): Effects {
  const effects = beginBatch(member);
  for (const { instance, word } of words) {
    if (instance < member.instances.length)
      effects.push(...stepOne(member, instance, { is: 'heard', from, word }));
  }
  return effects;
}

/** Verified, and of the next batch: believed when that begins. Nobody but its author has room for it, and what is said again takes none. */
function keepEarly({ early }: Member, by: number, claim: Words | SealWord): Effects {
  const theirs = early.get(by) ?? [];
  const isNew = !theirs.some(({ signature }) => same(signature, claim.signature));
  if (isNew && theirs.length < EARLY_MAX) early.set(by, [...theirs, claim]);
  return [];
}

export function hearEarly(member: Member): Effects {
  const early = [...member.early.values()].flat();
  member.early.clear();
  return early.flatMap((claim) => believe(member, claim));
}

export const whereOf = ({ id, prev, cities }: Member): Where =>
  Where.of({ id, prev, tops: cities.map(topOf) });

/** Somebody is at this number, or says so. */
function askWhere(member: Member, from: NodeAddress, id: number): Effects {
  if (!member.delegates.has(from)) return [];
  member.ahead = Math.max(member.ahead, id);
  if (member.bothered.has(from)) return [];
  member.bothered.add(from);
  return [send(memberOf(from), whereOf(member))];
}

/** Somebody says where it is: it gets what it lacks, or is asked for what we lack. */
function answerWhere(
  member: Member,
  { id, prev, tops }: Where,
  from: NodeAddress,
  at: Moment,
): Effects {
  if (id < member.id) return giveNext(member, id, from, at);
  // It stands on another batch than we do.
  if (id === member.id && !same(prev, member.prev)) return giveSealed(member, id - 1, from);
  if (member.fork !== undefined) return giveSealed(member, member.id - 1, from);
  if (id > member.id) return askWhere(member, from, id);
  return member.cities.flatMap((city, i): Effects => {
    const row = rowAfter(city, tops[i] ?? Infinity);
    return row === undefined ? [] : [send(memberOf(from), Top.of({ top: row }))];
  });
}

/** To somebody that goes on from batch to batch; it hears that there is more. */
function giveNext(member: Member, id: number, to: NodeAddress, { now }: Moment): Effects {
  if (!takeOne(member.askers, memberOf(to), now, CATCHING_UP)) return [];
  const given = recall(GIVE + to, sealedKey(id));
  return id + 1 < member.id ? [send(memberOf(to), whereOf(member)), given] : [given];
}

/** Its batch, with what proves it. */
function giveSealed(member: Member, id: number, to: NodeAddress): Effects {
  if (member.bothered.has(to) || !member.delegates.has(to)) return [];
  member.bothered.add(to);
  return [recall(GIVE + to, sealedKey(id))];
}
