/**
 * R2, locate: who has pieces of a transaction, and whom to ask first.
 *
 *   locate.take --(places of the ledger, else of the manifest; spares behind them)--> ranked --> gather.take
 *                                     ^
 *   newest node list, what R3 learned-'
 *
 * The order: whoever is on the newest list before whoever is not; whoever was silent or lied of late, or is suspended,
 * behind the others; near before far, by how long it took to answer, or by its place while nobody has asked it; among equals
 * by lot, so that the work is shared, heavier ones (space, stake, audits) more often.
 *
 * Spares of the manifest may have the row of a light that did not answer when it was placed. They are asked last,
 * and directly: a question of forty bytes is answered from the spare's own filter, which is a thousand times
 * larger. Safety needs nothing from here: a piece is checked, whoever gave it.
 */
import { lru, type Lru } from '#lib/lru.ts';
import { NOTHING, send, type Effect, type Moment, type Signal, type Step } from '../effect.ts';
import { figure } from '../figures.ts';
import { placedRows, rowsOf, type Manifest } from '../manifest.ts';
import { weightsIn } from '../presence/present.ts';
import * as replica from '../presence/replica.ts';
import {
  TakeGather,
  type Candidate,
  type HeldAt,
  type Learned,
  type LocateHears,
  type LocateSays,
  type TakeLocate,
} from '../receiving.messages.ts';
import { isOwn, type Self } from '../self.ts';
import { address, continentOf, placeOf, type NodeAddress } from '../subjects.ts';

/** Holders of whom something is remembered. */
const KNOWN_MAX = 16_384;
const SILENT_MS = 60_000;
const WRONG_MS = 3_600_000;
/** What an answer is taken to need before there was one. */
const GUESS_MS = { city: 8, continent: 32, world: 256 } as const;
/** So much of the measure is that of the last answer. */
const SMOOTHING = 4;

interface Known {
  tookMs: number | undefined;
  /** When it was last silent, or lied, by our clock. */
  silentAt: number | undefined;
  wrongAt: number | undefined;
}

export interface Locating {
  readonly self: Self;
  readonly replica: replica.Replica;
  readonly known: Lru<NodeAddress, Known>;
}

type Effects = readonly Effect<LocateSays>[];

export function begin(self: Self): Step<Locating, LocateSays> {
  const following = { genesis: self.genesis, presence: address(self.node, 'presence') };
  const [copy, effects] = replica.begin(following);
  return [{ self, replica: copy, known: lru(KNOWN_MAX) }, effects];
}

export function step(
  state: Locating,
  input: LocateHears | Signal,
  at: Moment,
): Step<Locating, LocateSays> {
  if (replica.isForReplica(input)) {
    const [, effects] = replica.step(state.replica, input, at, state.self.probe);
    return [state, effects];
  }
  return [state, effectsOf(state, input, at)];
}

function effectsOf(state: Locating, input: LocateHears | Signal, at: Moment): Effects {
  switch (input.kind) {
    case 'locate.take':
      return locate(state, input, at);
    case 'locate.learned':
      if (isOwn(state.self, 'gather', at)) remember(state, input, at);
      return NOTHING;
    default:
      return NOTHING;
  }
}

/** For whoever is on this node, and nobody else. */
function locate(state: Locating, taken: TakeLocate, at: Moment): Effects {
  const { node } = state.self;
  const isOurs = at.from === undefined || at.from === taken.errand.for;
  if (!isOurs || !taken.errand.for.startsWith(`${node}.`)) return NOTHING;
  const { errand, manifest, places } = taken;
  const candidates = ranked(state, candidatesOf(manifest, places), at);
  const online = candidates.filter(({ row, isOnline }) => isOnline && isPlaced(row, manifest));
  return [
    send(address(node, 'gather'), TakeGather.of({ errand, manifest, candidates })),
    figure('online_pieces', online.length),
  ];
}

const isPlaced = (row: number | undefined, manifest: Manifest): boolean =>
  row !== undefined && row < placedRows(manifest);

/** `behind`: others are more likely to have something. */
interface Possible {
  readonly row: number | undefined;
  readonly holder: NodeAddress;
  readonly behind: number;
}

function candidatesOf(manifest: Manifest, places: readonly HeldAt[]): Possible[] {
  const { holders, spares } = manifest.placement;
  const count = rowsOf(manifest);
  const held = places.filter(({ row }) => row < count);
  const isHeld = new Set(held.map(({ row }) => row));
  const drawn = holders.flatMap((holder, row) =>
    isHeld.has(row) ? [] : [{ row, holder, behind: row < placedRows(manifest) ? 0 : 1 }],
  );
  const named = new Set([...held.map(({ holder }) => holder), ...holders]);
  return [
    ...held.map(({ row, holder }) => ({ row, holder, behind: 0 })),
    ...drawn,
    ...spares
      .filter((spare) => !named.has(spare))
      .map((holder) => ({ row: undefined, holder, behind: 2 })),
  ];
}

function ranked(state: Locating, possible: readonly Possible[], at: Moment): Candidate[] {
  const list = replica.newest(state.replica);
  const weights = list === undefined ? undefined : weightsIn(list);
  const ranks = new Map<NodeAddress, number>();
  const keyOf = (holder: NodeAddress): number => {
    const known = ranks.get(holder) ?? rankOf(state, holder, weights, at);
    ranks.set(holder, known);
    return known;
  };
  return possible
    .map(({ row, holder, behind }) => ({ row, holder, key: behind * RANKS + keyOf(holder) }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ row, holder }) => ({ row, holder, isOnline: weights?.has(holder) ?? true }));
}

const LOTS = 1 << 20;
/** Of an answer that takes ten minutes it is twenty. */
const DISTANCES = 64;
const UNSOUND = 4;
const RANKS = 2 * UNSOUND * DISTANCES * LOTS;

/** Away, unsound, far, and by lot, as one number: the least is asked first. */
function rankOf(
  { self, known: memory }: Locating,
  holder: NodeAddress,
  weights: ReadonlyMap<NodeAddress, number> | undefined,
  { now, entropy }: Moment,
): number {
  const of = memory.get(holder);
  const weight = weights?.get(holder);
  const isAway = weights !== undefined && weight === undefined;
  const within = (since: number | undefined, ms: number): boolean =>
    since !== undefined && now - since < ms;
  const isWrong = within(of?.wrongAt, WRONG_MS);
  const isSilent = within(of?.silentAt, SILENT_MS);
  const distance = Math.floor(Math.log2(1 + (of?.tookMs ?? guessMs(self.node, holder))));
  const lot = entropy.below(LOTS) / Math.max(1, weight ?? 1);
  const isUnsound = isSilent || weight === 0;
  const unsound = Number(isWrong) * 2 + Number(isUnsound);
  return ((Number(isAway) * UNSOUND + unsound) * DISTANCES + distance) * LOTS + lot;
}

function guessMs(own: NodeAddress, holder: NodeAddress): number {
  if (placeOf(own) === placeOf(holder)) return GUESS_MS.city;
  return continentOf(own) === continentOf(holder) ? GUESS_MS.continent : GUESS_MS.world;
}

function remember({ known: memory }: Locating, { of }: Learned, { now }: Moment): void {
  for (const { holder, did, tookMs } of of) {
    const had = memory.get(holder) ?? UNKNOWN;
    const isAnswer = did !== 'silent';
    const before = had.tookMs ?? tookMs;
    memory.put(holder, {
      tookMs: isAnswer ? before + (tookMs - before) / SMOOTHING : had.tookMs,
      silentAt: isAnswer ? undefined : now,
      wrongAt: did === 'wrong' ? now : had.wrongAt,
    });
  }
}
const UNKNOWN: Known = { tookMs: undefined, silentAt: undefined, wrongAt: undefined };
