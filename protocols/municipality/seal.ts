/** From agreements to a batch: begun when there is news, sealed when all is decided and here, finished by two thirds of seals. */
import { assert } from '#lib/assert.ts';
import { hex, same } from '#lib/bytes.ts';
import { isMost } from '../abba/tally.ts';
import { toBytes } from '../codec.ts';
import { forget, keep, note, put, send, wake } from '../effect.ts';
import {
  batchDigest,
  leavesOf,
  municipalityBatch,
  Sealed,
  type Taken,
} from '../municipality-batch.ts';
import { SealedWord } from '../municipality.messages.ts';
import { keptEras, nextSealers } from '../sealers.ts';
import { accuseSealers } from './accuse.ts';
import { beginBatch } from './agree.ts';
import { taken, takeIn, topOf } from './cities.ts';
import { enterAfter, tellFollowers } from './epochs.ts';
import { handoverWrites, leavesKey, sealedKey, tookWrites } from './find.ts';
import { castSeal } from './say.ts';
import { offerUp } from './upward.ts';
import { SPANS, STANDING, Tip, TIP, type Effects, type Made, type Member } from './state.ts';

/** What comes within this time of each other shares a batch: a crossing, since members hear of one commit so far apart. */
const GATHER_MS = 25;

/** Whatever follows from what is known by now. */
export function move(member: Member): Effects {
  if (member.own === undefined) return [];
  const effects: Effects = [];
  if (member.instances.length === 0 && hasNews(member)) {
    if (member.gathered === 'no') {
      member.gathered = 'soon';
      effects.push(wake(`gather/${member.id}`, GATHER_MS));
    } else if (member.gathered === 'yes') effects.push(...beginBatch(member));
  }
  member.made ??= batchOf(member);
  if (member.made === undefined) return effects;
  return [...effects, ...sealIt(member, member.made), ...finishIf(member, member.made)];
}

const hasNews = ({ cities }: Member): boolean => cities.some((city) => topOf(city) > city.height);

/** The batch, once all is decided and all of it is here. */
function batchOf(member: Member): Made | undefined {
  const { instances, cities, self, id, prev } = member;
  if (instances.length === 0 || instances.some(({ decided }) => decided === undefined))
    return undefined;
  const all: Taken[] = [];
  for (const [i, city] of cities.entries()) {
    const last = SPANS.findLastIndex(
      (_, span) => instances[i * SPANS.length + span]!.decided === 1,
    );
    if (last < 0) continue;
    const to = city.height + SPANS[last]!;
    const own = Math.max(city.height + 1, Math.min(topOf(city), city.height + 8));
    const span = taken(city, self.plant === 'municipality-own-view' ? own : to);
    if (span === undefined) {
      self.probe.sometimes('municipality: something was decided in that is not here');
      return undefined;
    }
    all.push(span);
  }
  const { municipality } = member;
  const { name, epoch } = municipality;
  const seats = cities.map(
    (city) => all.find((each) => each.city === city.place)?.seats ?? city.seats,
  );
  const hasEnded = all.some((each) => each.seats !== undefined);
  const next = hasEnded ? nextSealers(municipality, seats) : undefined;
  const batch = municipalityBatch({ name, epoch, id, prev, next }, all);
  return { batch, digest: batchDigest(batch), all };
}

function sealIt(member: Member, { batch, digest }: Made): Effects {
  assert(member.seal === undefined || same(member.seal, digest), 'one batch of a number is sealed');
  if (member.seal !== undefined) return [];
  member.seal = digest;
  const { name, id } = batch;
  return castSeal(member, { name, id, batch: member.seal });
}

function finishIf(member: Member, { batch, digest, all }: Made): Effects {
  const alike = [...member.seals.values()].filter((seal) => same(seal.batch, digest));
  const part = alike.reduce((sum, seal) => sum + member.weights.of[seal.member]!, 0n);
  if (!isMost(member.weights, part)) return [];
  const seals = alike
    .toSorted((a, b) => a.member - b.member)
    .map(({ member: by, signature }) => ({ member: by, signature }));
  return finish(member, { batch, seals }, all);
}

/** Sealed: kept, and the next one may begin. */
export function finish(member: Member, sealed: Sealed, all: readonly Taken[] | undefined): Effects {
  const { batch } = sealed;
  const { rooting } = member.self;
  const told = tellFollowers(member, sealed);
  const offered = offerUp(member, sealed);
  const accused = accuseSealers(member, sealed);
  const digest = batchDigest(batch);
  assert(
    member.seal === undefined || same(member.seal, digest),
    'what more than two thirds seal is what we seal',
  );
  if (all === undefined) member.self.probe.sometimes('municipality: a batch was sealed without us');
  for (const span of batch.cities)
    takeIn(
      member.cities.find(({ place }) => place === span.city)!,
      span,
    );
  const { id } = batch;
  member.id = id + 1;
  member.prev = digest;
  member.instances = [];
  member.fresh = [];
  member.seal = undefined;
  member.said = undefined;
  member.made = undefined;
  member.seals.clear();
  member.signed.clear();
  member.underWay.clear();
  member.gathered = 'no';
  member.hasMoved = true;
  enterAfter(member, sealed);
  const cities = member.cities.map(({ height, digest: top, seats }) => ({
    height,
    digest: top,
    seats,
  }));
  const writes = [
    put(TIP, toBytes(Tip, { id, digest, cities, eras: keptEras(member.sealers) })),
    put(sealedKey(id), toBytes(Sealed, sealed)),
    ...handoverWrites(batch),
    forget(STANDING),
    ...(all === undefined ? [] : [put(leavesKey(id), leavesOf(all)), ...tookWrites(batch)]),
  ];
  const spans = batch.cities.map(({ city, from, to }) => ({ city, from, to }));
  return [
    ...accused,
    keep(`sealed/${id}`, ...writes),
    ...(rooting === undefined ? [] : [send(rooting, SealedWord.of({ sealed }))]),
    note('municipality.sealed', { id, epoch: batch.epoch, root: hex(batch.root), cities: spans }),
    ...offered,
    ...told,
  ];
}
