/**
 * A hoarder: the workload of the `hoard` scenario. It stows pieces, fetches and discards some of them,
 * and says in public what it heard. When it starts, it walks through what its node has.
 *
 *   start --> list, page by page --> [wake --> stow some, fetch one, discard those that are too many]
 *
 * The bytes of a piece follow from its key, so that whoever sees one knows whether it is whole.
 */
import { assert } from '#lib/assert.ts';
import { hex, same, utf8 } from '#lib/bytes.ts';
import type { Probe } from '#lib/probe.ts';
import { catalogue } from '#protocols/codec.ts';
import {
  discard,
  fetch,
  list,
  note,
  NOTHING,
  stow,
  wake,
  type Effect,
  type Json,
  type Moment,
  type Signal,
  type Step,
} from '#protocols/effect.ts';
import { millis } from '#protocols/ids.ts';
import { address, nodeToken, type NodeAddress } from '#protocols/subjects.ts';
import { anyActor, type AnyActor } from '#runtime/actor.ts';

/** Longer than any jump of a clock: nothing of it expires. */
const LIVES_MS = 180 * 86_400_000;
const VALUE_BYTES_MAX = 6_000;
const GOES_WHEN_FULL = 5;
const SILENT = catalogue();

/** What a hoarder says in public: `cc1.note.<place>.hoard.<node>`. */
export type HoardFact = { readonly [key: string]: Json } & (
  | { readonly did: 'stowed' | 'discarding' | 'discarded' | 'lost'; readonly key: string }
  | { readonly did: 'fetched'; readonly key: string; readonly found: string }
  | { readonly did: 'listed'; readonly keys: readonly string[] }
);

export interface HoarderOptions {
  readonly node: NodeAddress;
  readonly pauseMsMax: number;
  readonly batchMax: number;
  /** Beyond so many it discards. */
  readonly piecesMax: number;
  readonly probe: Probe;
}

export interface Hoarding {
  readonly phase: 'listing' | 'at work';
  /** In the order in which it came to have them. */
  readonly keys: readonly string[];
  /** Something was refused for want of room: some of what there is has to go. */
  readonly isFull: boolean;
}

export const topicOf = (node: NodeAddress): string => `hoard.${nodeToken(node)}`;

/** The piece of a key: drawn from the key, whoever looks. */
export function pieceOf(key: string): Uint8Array {
  const seed = utf8(key);
  let x = 0x811c_9dc5;
  for (const byte of seed) x = Math.imul(x ^ byte, 0x0100_0193);
  const piece = new Uint8Array((x >>> 0) % VALUE_BYTES_MAX);
  // By hand: `from` with a function takes ten times as long, and every look makes all pieces anew.
  for (let i = 0, j = 0; i < piece.length; i++, j = j + 1 === seed.length ? 0 : j + 1) {
    piece[i] = seed[j]! ^ (i * 37);
  }
  return piece;
}

export function hoarder(options: HoarderOptions): AnyActor {
  const say = (fact: HoardFact): Effect<never> => note(topicOf(options.node), fact);
  return anyActor<Hoarding, never, never>({
    address: address(options.node, 'hoarder'),
    listens: SILENT,
    start: () => [{ phase: 'listing', keys: [], isFull: false }, [list('pages')]],
    receive: (state, input, at) => step(state, input, at, options, say),
    invariants: ({ keys }) => assert(new Set(keys).size === keys.length, 'keys differ'),
  });
}

function step(
  state: Hoarding,
  input: Signal,
  at: Moment,
  options: HoarderOptions,
  say: (fact: HoardFact) => Effect<never>,
): Step<Hoarding, never> {
  switch (input.kind) {
    case 'listed': {
      const keys = [...state.keys, ...input.pieces.map(({ key }) => key)];
      if (input.next === undefined) {
        return [
          { ...state, phase: 'at work', keys },
          [say({ did: 'listed', keys }), pause(at, options)],
        ];
      }
      options.probe.sometimes('hoard: a list took several pages');
      return [{ ...state, keys }, [list('pages', input.next)]];
    }
    case 'wake':
      return work(state, at, options, say);
    case 'stowed': {
      if (input.outcome === 'stored') {
        return [
          { ...state, keys: [...state.keys, input.id] },
          [say({ did: 'stowed', key: input.id })],
        ];
      }
      options.probe.sometimes(`hoard: a piece was refused: ${input.outcome}`);
      return [{ ...state, isFull: input.outcome === 'full' }, NOTHING];
    }
    case 'fetched': {
      const isWhole = input.found !== 'piece' || same(input.value, pieceOf(input.id));
      const found = isWhole ? input.found : 'something else';
      return [state, [say({ did: 'fetched', key: input.id, found })]];
    }
    case 'discarded':
      if (input.outcome === 'gone') return [state, [say({ did: 'discarded', key: input.id })]];
      options.probe.sometimes('hoard: a discard was refused');
      return [{ ...state, keys: [input.id, ...state.keys] }, NOTHING];
    default:
      return [state, NOTHING];
  }
}

/** Some more pieces, a look at one of them, and away with what is too much. */
function work(
  state: Hoarding,
  at: Moment,
  options: HoarderOptions,
  say: (fact: HoardFact) => Effect<never>,
): Step<Hoarding, never> {
  const { batchMax, piecesMax } = options;
  const expiresAt = millis(at.wall + LIVES_MS);
  const stows = Array.from({ length: 1 + at.entropy.below(batchMax) }, () => {
    const key = hex(at.entropy.bytes(8));
    return stow(key, key, pieceOf(key), expiresAt);
  });
  const tooMany = Math.max(0, state.keys.length - piecesMax, state.isFull ? GOES_WHEN_FULL : 0);
  const [away, keys] = [state.keys.slice(0, tooMany), state.keys.slice(tooMany)];
  const discards = away.flatMap((key) => [say({ did: 'discarding', key }), discard(key, key)]);
  const looks = keys.length === 0 ? NOTHING : looked(keys[at.entropy.below(keys.length)]!);
  return [{ ...state, keys, isFull: false }, [...stows, ...looks, ...discards, pause(at, options)]];
}

const looked = (key: string): readonly Effect<never>[] => [fetch(key, key)];

const pause = ({ entropy }: Moment, { pauseMsMax }: HoarderOptions): Effect<never> =>
  wake('work', 1 + entropy.below(pauseMsMax));
