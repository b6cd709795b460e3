/**
 * Distributed key generation: every party deals a random secret (dealing.ts), and the key is the sum
 * of the dealings against which nobody proved a complaint. It runs over an ordered log that all
 * parties read (the city DAG; consensus.md 3j): messages are what their authors put there, and
 * `closed` stands where the log's rules end a phase, after enough blocks.
 *
 *   dealing ----closed----> complaining ----closed----> ready | failed
 *   dealt: one each          complained: one each        keys, own share, who was at fault
 *
 * Safety: the outcome is a function of the set of messages in each phase, not even of their order, so
 * whoever reads the same log has the same outcome; the fold is idempotent. A party that says two
 * different things in one phase counts as having said nothing and is named. With fewer than
 * `threshold` parties corrupted and at least `threshold` dealings accepted, one of them is honest, so
 * nobody knows the key; each accepted dealing gave every honest party its right share, so any
 * `threshold` honest shares make the key work. Liveness: an honest dealing is always accepted, and
 * complaints need no answer from the accused.
 *
 * A dealer that deals last may bias bits of the public key by choosing whether to be caught (Gennaro,
 * Jarecki, Krawczyk, Rabin 2007). For what these keys do that gives it nothing: the key is an honest
 * secret plus a term the adversary knows, and a signature or an opening under the sum is one under the
 * honest secret (docs/decisions/0036).
 */
import { assert } from '#lib/assert.ts';
import { concat, same } from '#lib/bytes.ts';
import { type Ceremony, complaintBytes, type Dealing } from './dealing.ts';
import { isJustified, readDealing, receive } from './dealing.ts';
import type { Scalar } from './group.ts';
import { type Commitment, type KeySet, keySetOf } from './keys.ts';
import { uint32 } from './oracle.ts';
import { modulo } from './polynomial.ts';

/** One of the parties, with the secret of its dealing key; an observer has none. */
export interface Member {
  readonly index: number;
  readonly secret: Scalar;
}

/** From the log. `from` is the author's index, proven by the log. */
export type Heard =
  | { readonly kind: 'dealt'; readonly from: number; readonly bytes: Uint8Array }
  | { readonly kind: 'complained'; readonly from: number; readonly bytes: Uint8Array }
  | { readonly kind: 'closed' };

/** What this party has to put on the log: all its complaints in one message. */
export interface Said {
  readonly kind: 'complained';
  readonly bytes: Uint8Array;
}

export type Fault =
  | 'malformed-dealing'
  | 'two-dealings'
  | 'wrong-share'
  | 'malformed-complaints'
  | 'two-complaints'
  | 'false-complaint';

export interface Faulty {
  readonly index: number;
  readonly fault: Fault;
}

interface Both<P> {
  readonly ceremony: Ceremony<P>;
  readonly self: Member | undefined;
  readonly dealings: ReadonlyMap<number, Dealt<P>>;
}

/** What one party dealt: its first message, what that says, and whether it said another thing too. */
interface Dealt<P> {
  readonly bytes: Uint8Array;
  readonly dealing: Dealing<P> | undefined;
  readonly twice: boolean;
}

interface Complained {
  readonly bytes: Uint8Array;
  readonly twice: boolean;
}

export type Keygen<P> =
  | ({ readonly phase: 'dealing' } & Both<P>)
  | ({
      readonly phase: 'complaining';
      /** Own shares by dealer; of the dealers missing here, this member complained. */
      readonly received: ReadonlyMap<number, Scalar>;
      readonly complaints: ReadonlyMap<number, Complained>;
    } & Both<P>)
  | {
      readonly phase: 'ready';
      readonly keys: KeySet<P>;
      /** Own secret share; none for observers, and for a member whose complaint missed the log. */
      readonly share: Scalar | undefined;
      readonly dealers: readonly number[];
      readonly faults: readonly Faulty[];
    }
  | {
      readonly phase: 'failed';
      readonly dealers: readonly number[];
      readonly faults: readonly Faulty[];
    };

export const begin = <P>(ceremony: Ceremony<P>, self?: Member): Keygen<P> => ({
  phase: 'dealing',
  ceremony,
  self,
  dealings: new Map(),
});

/** Folds the log. What does not belong to the phase, or comes from no party, changes nothing. */
export function step<P>(state: Keygen<P>, heard: Heard): readonly [Keygen<P>, readonly Said[]] {
  switch (state.phase) {
    case 'dealing':
      if (heard.kind === 'closed') return toComplaining(state);
      return [heard.kind === 'dealt' ? afterDealt(state, heard) : state, []];
    case 'complaining':
      if (heard.kind === 'closed') return [decided(state), []];
      return [heard.kind === 'complained' ? afterComplained(state, heard) : state, []];
    case 'ready':
    case 'failed':
      return [state, []];
  }
}

type Dealings<P> = Keygen<P> & { readonly phase: 'dealing' };
type Complaints<P> = Keygen<P> & { readonly phase: 'complaining' };
interface Message {
  readonly from: number;
  readonly bytes: Uint8Array;
}

const isParty = <P>({ parties }: Ceremony<P>, index: number): boolean =>
  Number.isInteger(index) && 0 <= index && index < parties;

function afterDealt<P>(state: Dealings<P>, { from, bytes }: Message): Keygen<P> {
  if (!isParty(state.ceremony, from)) return state;
  const before = state.dealings.get(from);
  if (before !== undefined && (before.twice || same(before.bytes, bytes))) return state;
  const dealt: Dealt<P> =
    before === undefined
      ? { bytes, dealing: readDealing(state.ceremony, from, bytes), twice: false }
      : { ...before, twice: true };
  return { ...state, dealings: new Map(state.dealings).set(from, dealt) };
}

function afterComplained<P>(state: Complaints<P>, { from, bytes }: Message): Keygen<P> {
  if (!isParty(state.ceremony, from)) return state;
  const before = state.complaints.get(from);
  if (before !== undefined && (before.twice || same(before.bytes, bytes))) return state;
  const complained = before === undefined ? { bytes, twice: false } : { ...before, twice: true };
  return { ...state, complaints: new Map(state.complaints).set(from, complained) };
}

/** The dealings that are well formed and the only ones of their dealers, by dealer. */
const standing = <P>({ dealings }: Both<P>): readonly Dealing<P>[] =>
  [...dealings.values()]
    .flatMap(({ dealing, twice }) => (dealing === undefined || twice ? [] : [dealing]))
    .toSorted((a, b) => a.dealer - b.dealer);

function toComplaining<P>(state: Dealings<P>): readonly [Keygen<P>, readonly Said[]] {
  const { ceremony, self, dealings } = state;
  const received = new Map<number, Scalar>();
  const complaints: (readonly [number, Uint8Array])[] = [];
  for (const dealing of self === undefined ? [] : standing(state)) {
    const found = receive(ceremony, dealing, self!.index, self!.secret);
    if (found.phase === 'received') received.set(dealing.dealer, found.share);
    else complaints.push([dealing.dealer, found.complaint]);
  }
  const phase = 'complaining';
  const next: Keygen<P> = { phase, ceremony, self, dealings, received, complaints: new Map() };
  const said: Said = { kind: 'complained', bytes: writeComplaints(complaints) };
  return [next, complaints.length === 0 ? [] : [said]];
}

/** The last `closed`: everything that was said is weighed at once. */
function decided<P>(state: Complaints<P>): Keygen<P> {
  const { ceremony, self, dealings, received, complaints } = state;
  const candidates = standing(state);
  const faults: Faulty[] = [];
  for (const [index, { dealing, twice }] of dealings) {
    if (twice) faults.push({ index, fault: 'two-dealings' });
    else if (dealing === undefined) faults.push({ index, fault: 'malformed-dealing' });
  }
  const caught = new Set<number>();
  for (const [accuser, { bytes, twice }] of complaints) {
    const fault = twice ? 'two-complaints' : weigh(ceremony, candidates, accuser, bytes, caught);
    if (fault !== undefined) faults.push({ index: accuser, fault });
  }
  for (const index of caught) faults.push({ index, fault: 'wrong-share' });
  faults.sort((a, b) => a.index - b.index || (a.fault < b.fault ? -1 : 1));

  const accepted = candidates.filter(({ dealer }) => !caught.has(dealer));
  const dealers = accepted.map(({ dealer }) => dealer);
  const keys = accepted.length < ceremony.threshold ? undefined : sumOf(ceremony, accepted);
  if (keys === undefined) return { phase: 'failed', dealers, faults };
  const share = self && sumOfShares(ceremony, dealers, received);
  return { phase: 'ready', keys, share, dealers, faults };
}

/** Adds to `caught` whom the accuser proves to have cheated; what is wrong with the accuser itself. */
function weigh<P>(
  ceremony: Ceremony<P>,
  candidates: readonly Dealing<P>[],
  accuser: number,
  bytes: Uint8Array,
  caught: Set<number>,
): Fault | undefined {
  const complaints = readComplaints(ceremony, bytes);
  if (complaints === undefined) return 'malformed-complaints';
  let fault: Fault | undefined;
  for (const [against, complaint] of complaints) {
    const dealing = candidates.find(({ dealer }) => dealer === against);
    if (dealing !== undefined && isJustified(ceremony, dealing, accuser, complaint)) {
      caught.add(against);
    } else fault = 'false-complaint';
  }
  return fault;
}

function sumOf<P>(
  { group, parties, threshold }: Ceremony<P>,
  accepted: readonly Dealing<P>[],
): KeySet<P> | undefined {
  const commitment: Commitment<P> = Array.from({ length: threshold }, (_, k) =>
    accepted.reduce((sum, dealing) => group.add(sum, dealing.commitment[k]!), group.identity),
  );
  return keySetOf(group, commitment, parties);
}

function sumOfShares<P>(
  { group }: Ceremony<P>,
  dealers: readonly number[],
  received: ReadonlyMap<number, Scalar>,
): Scalar | undefined {
  let sum = 0n;
  for (const dealer of dealers) {
    const share = received.get(dealer);
    if (share === undefined) return undefined;
    sum = modulo(sum + share, group.order);
  }
  return sum;
}

const INDEX_BYTES = 4;

/** u32 dealer | complaint, dealers ascending. */
const writeComplaints = (complaints: readonly (readonly [number, Uint8Array])[]): Uint8Array =>
  concat(...complaints.flatMap(([dealer, complaint]) => [uint32(dealer), complaint]));

function readComplaints<P>(
  { sealing, parties }: Ceremony<P>,
  bytes: Uint8Array,
): readonly (readonly [number, Uint8Array])[] | undefined {
  const length = INDEX_BYTES + complaintBytes(sealing);
  const count = bytes.length / length;
  if (!Number.isInteger(count) || count < 1 || count > parties) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const complaints = Array.from({ length: count }, (_, k) => {
    const at = k * length;
    return [view.getUint32(at), bytes.subarray(at + INDEX_BYTES, at + length)] as const;
  });
  const ascend = complaints.every(([dealer], k) => k === 0 || complaints[k - 1]![0] < dealer);
  return ascend && complaints.at(-1)![0] < parties ? complaints : undefined;
}

/** For the actor loop, after each step in tests and simulations. */
export function invariants<P>(state: Keygen<P>): void {
  if (state.phase !== 'ready') return;
  const { keys, dealers, share, faults } = state;
  const { group, threshold, publicShares } = keys;
  assert(dealers.length >= threshold, 'a key has a dealing of an honest party in it');
  const cheats = new Set(
    faults.flatMap(({ index, fault }) =>
      fault === 'two-dealings' || fault === 'malformed-dealing' || fault === 'wrong-share'
        ? [index]
        : [],
    ),
  );
  assert(
    dealers.every((dealer) => !cheats.has(dealer)),
    'no dealing of a cheat is accepted',
  );
  if (share !== undefined) {
    const own = group.multiplySecret(group.generator, share);
    assert(
      publicShares.some((point) => group.same(point, own)),
      'the own share is one that everybody expects',
    );
  }
}
