/**
 * The courier of a delegate: brings what its city shows to other cities, and what these show back, until each transfer that began
 * here is settled or released (objects/transfer.ts). For anybody's transfer; whoever began it need not be there.
 *
 *   own ledger --(transfers, by numbers)--> carriages, each in rounds:
 *
 *     own ledger: is the escrow locked? --(no)--> done
 *        |  with proof
 *     other city: is it taken in? --(proof: it is; or it is not, by a head of its time or later)--> `settle`, here
 *        '--(not yet)--> `take`, there --> rest, longer each time --> the next round
 *
 * It decides nothing: what acts do follows from their proofs where they are ordered, so any number of couriers may carry the same,
 * again and again, and one that lies or dies harms nobody. The first in rank for a transfer begins at once, the next ones
 * later. After the time of a transfer a `take` does nothing, but it makes a batch: that has the head that is needed.
 *
 * Each other city has a lane of its own, with its transfers in the order in which they began: where one is gone, only those wait
 * that are to it. Kept: of each lane the number of the first transfer that is not done. Bound: so many of a lane are carried at once.
 */
import { stampBytes, stampOf, WALL_MS_MAX } from '#algorithms/clock/hlc.ts';
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import { actSignJob, type Act, type Says, type SignedAct } from '../act.ts';
import { SIGN_JOB } from '../batching.ts';
import { count, record, toBytes, whole, type Infer } from '../codec.ts';
import {
  ask,
  compute,
  keep,
  NOTHING,
  put,
  wake,
  type Effect,
  type Moment,
  type Plain,
  type Signal,
  type Step,
} from '../effect.ts';
import {
  AskObject,
  AskTransfers,
  OfferAct,
  PAGE_MAX,
  type ActDeclined,
  type ActHeld,
  type ToldObject,
  type Transfers,
} from '../ledger.messages.ts';
import { escrowName, takenName, type Escrow } from '../objects/object.ts';
import type { ObjectProof } from '../objects/proof.ts';
import { rankedDelegates } from '../provers.ts';
import type { Self } from '../self.ts';
import { address, anyOf, type Address, type Place } from '../subjects.ts';

/** Of each lane. */
const CARRIED_MAX = 256;
const LOOK_MS = 500;
const ASK_MS = 2_000;
/** The next in rank begins so much later. */
const RANK_MS = 3_000;
/** At first proofs are seconds away; then something is wrong, and it rests longer each time. */
const REST_MS = 500;
const BRISK_ROUNDS = 6;
const REST_MS_MAX = 30_000;

const cursorOf = (to: Place): string => `cursor/${to}`;
const Cursor = record({ next: count(Number.MAX_SAFE_INTEGER) });

interface Carriage {
  /** The city that it is to, and its number among those. */
  readonly to: Place;
  readonly number: number;
  readonly txId: Uint8Array;
  /** From when on the next round may begin; `undefined` while one is under way. */
  dueMs: number | undefined;
  rounds: number;
  escrow: Escrow | undefined;
  /** That it is locked. */
  proof: ObjectProof | undefined;
  /** What is being signed, for whom. */
  saying: { readonly act: Act; readonly to: Address } | undefined;
  /** The same once more, until it is declined: it may be older than an act may be, where that city stood still meanwhile. */
  take: SignedAct | undefined;
}

interface Lane {
  /** The first number that was not heard of yet, and the one that is on the disk. */
  next: number;
  kept: number;
  isListing: boolean;
}

export interface Courier {
  readonly self: Self;
  readonly lanes: ReadonlyMap<Place, Lane>;
  /** By transaction. */
  readonly carried: Map<string, Carriage>;
}

export type CourierSays = AskObject | AskTransfers | OfferAct;
export type CourierHears = ToldObject | Transfers | ActHeld | ActDeclined;
type Effects = readonly Effect<CourierSays>[];
type Did = Step<Courier, CourierSays>;

export function begin(self: Self, kept: ReadonlyMap<string, Uint8Array>): Did {
  const { neighbours = [] } = self;
  const lanes = neighbours.map(({ place }) => [place, laneIn(kept, place)] as const);
  return [{ self, lanes: new Map(lanes), carried: new Map() }, [wake('look', LOOK_MS)]];
}

function laneIn(kept: ReadonlyMap<string, Uint8Array>, to: Place): Lane {
  const row = kept.get(cursorOf(to));
  const next = row === undefined ? 1 : whole(Cursor, row).next;
  return { next, kept: next, isListing: false };
}

export function step(courier: Courier, input: CourierHears | Signal, at: Moment): Did {
  return [courier, heard(courier, input, at)];
}

function heard(courier: Courier, input: CourierHears | Signal, at: Moment): Effects {
  switch (input.kind) {
    case 'wake':
      return [wake('look', LOOK_MS), ...lists(courier), ...rounds(courier, at)];
    case 'answered':
      return answered(courier, input.id, input.message as CourierHears, at);
    case 'unanswered':
      return isList(input.id)
        ? listed(courier, input.id, undefined, at)
        : rest(courier, input.id, at);
    case 'computed':
      return signed(courier, input.id, input.output);
    case 'uncomputed':
      return rest(courier, input.id, at);
    default:
      return NOTHING;
  }
}

const ledger = ({ self }: Courier): Address => address(self.node, 'ledger');

const LIST = 'list/';
const isList = (id: string): boolean => id.startsWith(LIST);

/** More of each lane, as long as there is room. */
function lists(courier: Courier): Effects {
  const { lanes, carried } = courier;
  const full = new Map<Place, number>();
  for (const { to } of carried.values()) full.set(to, (full.get(to) ?? 0) + 1);
  return [...lanes].flatMap(([to, lane]) => {
    if (lane.isListing || (full.get(to) ?? 0) >= CARRIED_MAX) return [];
    lane.isListing = true;
    const question = AskTransfers.of({ to, from: lane.next });
    return [ask(LIST + to, ledger(courier), question, ASK_MS)];
  });
}

function listed(
  courier: Courier,
  id: string,
  answer: Transfers | undefined,
  { now }: Moment,
): Effects {
  const to = id.slice(LIST.length) as Place;
  const lane = courier.lanes.get(to)!;
  lane.isListing = false;
  // An answer says behind which number it ends: those that do not follow ours are not ours to number.
  if (answer === undefined || answer.next !== lane.next + answer.txs.length) return NOTHING;
  for (const txId of answer.txs) {
    const number = lane.next++;
    const ranked = rankedDelegates(courier.self.genesis, txId);
    const rank = ranked.findIndex(({ node }) => node === courier.self.node);
    courier.carried.set(hex(txId), {
      to,
      number,
      txId,
      dueMs: now + rank * RANK_MS,
      rounds: 0,
      escrow: undefined,
      proof: undefined,
      saying: undefined,
      take: undefined,
    });
  }
  return NOTHING;
}

/** Those that are due begin a round, with what our own ledger knows of it. */
function rounds(courier: Courier, { now }: Moment): Effects {
  return [...courier.carried].flatMap(([key, carriage]) => {
    if (carriage.dueMs === undefined || carriage.dueMs > now) return [];
    carriage.dueMs = undefined;
    carriage.rounds++;
    const question = AskObject.of({ name: escrowName(carriage.txId) });
    return [ask(`own/${key}`, ledger(courier), question, ASK_MS)];
  });
}

function answered(courier: Courier, id: string, answer: CourierHears, at: Moment): Effects {
  if (isList(id))
    return listed(courier, id, answer.kind === 'ledger.transfers-told' ? answer : undefined, at);
  const [what, key] = id.split('/') as [string, string];
  const carriage = courier.carried.get(key);
  if (carriage === undefined) return NOTHING;
  if (answer.kind === 'ledger.act-declined' && answer.reason !== 'busy') carriage.take = undefined;
  if (answer.kind !== 'ledger.object-told') return rest(courier, id, at);
  return what === 'own'
    ? heardOwn(courier, key, carriage, answer, at)
    : heardThere(courier, key, carriage, answer, at);
}

function heardOwn(
  courier: Courier,
  key: string,
  carriage: Carriage,
  { object, proof }: ToldObject,
  at: Moment,
): Effects {
  const escrow = object?.value;
  if (escrow?.is !== 'escrow') return rest(courier, `own/${key}`, at);
  if (escrow.stands !== 'locked') return done(courier, key, carriage);
  carriage.escrow = escrow;
  if (proof?.object?.value.is === 'escrow') carriage.proof = proof;
  const name = takenName(courier.self.genesis.place, carriage.txId);
  return [ask(`there/${key}`, anyOf(escrow.city, 'ledger'), AskObject.of({ name }), ASK_MS)];
}

function heardThere(
  courier: Courier,
  key: string,
  carriage: Carriage,
  { object, proof }: ToldObject,
  at: Moment,
): Effects {
  const { escrow, txId } = carriage;
  assert(escrow !== undefined, 'the other city is asked of what is locked here');
  const isLate = proof !== undefined && stampOf(proof.head.at).wallMs >= escrow.until;
  if (proof !== undefined && (proof.object !== undefined || isLate)) {
    const what = { says: 'settle', txId, sender: escrow.from, proof } as const;
    return say(courier, key, carriage, courier.self.genesis.place, what, at);
  }
  // What it has done the next head of that city proves.
  if (object !== undefined || carriage.proof === undefined) return rest(courier, key, at);
  if (carriage.take !== undefined && at.wall < escrow.until)
    return [offer(key, carriage.take, anyOf(escrow.city, 'ledger'))];
  const what = { says: 'take', txId, proof: carriage.proof } as const;
  return say(courier, key, carriage, escrow.city, what, at);
}

function say(
  courier: Courier,
  key: string,
  carriage: Carriage,
  place: Place,
  what: Says,
  { wall, entropy }: Moment,
): Effects {
  const { self } = courier;
  const wallMs = Math.min(WALL_MS_MAX, Math.max(0, Math.floor(wall)));
  const at = stampBytes({ wallMs, count: 0 });
  const act = { version: 1, place, about: undefined, at, what };
  const to = place === self.genesis.place ? ledger(courier) : anyOf(place, 'ledger');
  carriage.saying = { act, to };
  const hedge = entropy.bytes(32);
  const job = { ...actSignJob(self.genesis.network, act, self.secrets.signing), hedge };
  return [compute(`sign/${key}`, SIGN_JOB, job as unknown as Plain)];
}

function signed(courier: Courier, id: string, output: Plain): Effects {
  const key = id.slice('sign/'.length);
  const carriage = courier.carried.get(key);
  if (carriage?.saying === undefined) return NOTHING;
  const { act, to } = carriage.saying;
  const { self } = courier;
  const own = self.genesis.delegates.find(({ node }) => node === self.node)!;
  const made = { act, key: own.signing, signature: output as Uint8Array };
  carriage.saying = undefined;
  if (act.what.says === 'take') carriage.take = made;
  return [offer(key, made, to)];
}

const offer = (key: string, act: SignedAct, to: Address): Effect<CourierSays> =>
  ask(`act/${key}`, to, OfferAct.of({ act }), ASK_MS);

/** The round is over, however it went: the next one shows what came of it. */
function rest(courier: Courier, id: string, { now }: Moment): Effects {
  const carriage = courier.carried.get(id.slice(id.indexOf('/') + 1));
  if (carriage === undefined) return NOTHING;
  carriage.saying = undefined;
  const doubled = Math.min(8, Math.max(0, carriage.rounds - BRISK_ROUNDS));
  carriage.dueMs = now + Math.min(REST_MS_MAX, REST_MS * 2 ** doubled);
  return NOTHING;
}

/** Settled, or released. */
function done({ carried, lanes }: Courier, key: string, { to }: Carriage): Effects {
  carried.delete(key);
  const lane = lanes.get(to)!;
  const open = Array.from(carried.values(), (each) => (each.to === to ? each.number : Infinity));
  const next = Math.min(lane.next, ...open);
  if (next === lane.kept) return NOTHING;
  lane.kept = next;
  const cursor: Infer<typeof Cursor> = { next };
  return [keep(cursorOf(to), put(cursorOf(to), toBytes(Cursor, cursor)))];
}

/** What must be true between any two steps. */
export function invariants({ carried, lanes }: Courier): void {
  assert(carried.size <= lanes.size * (CARRIED_MAX + PAGE_MAX), 'what is carried is bounded');
  for (const { kept, next } of lanes.values()) assert(kept <= next, 'nothing is skipped');
  for (const [key, { to, txId, number }] of carried) {
    const { kept, next } = lanes.get(to)!;
    assert(hex(txId) === key, 'a carriage is of its transaction');
    assert(number >= kept && number < next, 'what is carried was heard of');
  }
}
