/**
 * How much of everything. Those of the papers (Leitão, Pereira, Rodrigues: HyParView, DSN 2007; Epidemic Broadcast
 * Trees, SRDS 2007) stand for ten thousand nodes; times are for neighbours on other continents.
 */
import { assert } from '#lib/assert.ts';
import { HAVE_MAX, PAYLOAD_BYTES_MAX, SHUFFLED_MAX, TTL_MAX } from '../overlay.messages.ts';

/** Membership. */
export const ACTIVE_MAX = 5;
export const PASSIVE_MAX = 30;
/** ARWL and PRWL of the paper: how far a join walks, and where on its way it is remembered. */
export const JOIN_TTL = 6;
export const PASSIVE_TTL = 3;
export const SHUFFLE_TTL = 6;
export const SHUFFLED_ACTIVE = 3;
export const SHUFFLED_PASSIVE = 4;
export const SHUFFLE_MS = 60_000;
/** Twice around the world, and what was lost once. */
export const NEIGHBOUR_MS = 1_000;
/** How often neighbours say that they are, and what they have. */
export const STILL_MS = 10_000;
/** Of those who may have no room: asked between two stills. */
export const TRIES_MAX = 4;
export const REJOIN_MS_MIN = 1_000;
export const REJOIN_MS_MAX = 30_000;
/** Whoever is out of reach: looked for so often, a seed for ever. */
export const REJOINS_MAX = 8;
export const LOST_MAX = 32;
/** Seeds that are looked for when a neighbour is out of reach. */
export const PROBED_SEEDS = 4;
/** Somebody who passes on what is not fit. */
export const BARRED_MS = 60_000;
export const BARRED_MAX = 256;
/** Of one peer: all that a busy neighbour says, and no flood. */
export const ALLOWANCE = { perSecond: 50, burst: 500 };
export const PEERS_MAX = 1_024;

/** Broadcast. */
/** The first waits for the tree, which may lead around the world; the next for one who said that it has it. */
export const GRAFT_FIRST_MS = 500;
export const GRAFT_NEXT_MS = 300;
/** A way that is shorter by so many hops becomes one of the tree. */
export const HOPS_SAVED_MIN = 7;
export const PAYLOAD_MS = 30_000;
export const ID_MS = 90_000;
export const IDS_MAX = 16_384;
export const PAYLOADS_BYTES_MAX = 8 * 1024 * 1024;
export const MISSING_MAX = 1_024;

assert(JOIN_TTL <= TTL_MAX && SHUFFLE_TTL <= TTL_MAX, 'a walk fits its message');
assert(SHUFFLED_ACTIVE + SHUFFLED_PASSIVE < SHUFFLED_MAX, 'a shuffle fits its message');
assert(ID_MS >= PAYLOAD_MS, 'whoever can be asked for a payload knows its name');
assert(2 * STILL_MS <= PAYLOAD_MS, 'what was lost can be asked for again, twice');
assert(PAYLOADS_BYTES_MAX > PAYLOAD_BYTES_MAX, 'one payload fits');
assert(HAVE_MAX <= MISSING_MAX, 'what one neighbour has can be missed');
