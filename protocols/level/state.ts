/** What a delegate of a level knows, and its bounds. level.ts has the picture. */
import type { Probe } from '#lib/probe.ts';
import { list, optional, record, type Infer } from '../codec.ts';
import type { Effect } from '../effect.ts';
import { blockHeight, chainName, Head, Qc, round, Tc } from '../jolteon/block.ts';
import type { Chain } from '../jolteon/certify.ts';
import { Final } from '../jolteon/final.ts';
import type { JolteonEvidence } from '../jolteon/evidence.ts';
import type { Jolteon } from '../jolteon/jolteon.ts';
import type {
  Forked,
  Given,
  Item,
  LevelSays,
  Offer,
  Page,
  Proposal,
  TimeoutWord,
  VoteWord,
  Where,
} from '../level.messages.ts';
import type { NodeSecrets } from '../self.ts';
import { address, type Address, type NodeAddress } from '../subjects.ts';
import { digest } from '../terms.ts';
import type { Verifying } from '../verifying.ts';
import type { Below } from './below.ts';
import type { KeptFork } from './fork.ts';
import type { Gathering } from './history.ts';
import { itemId, refs, type Ref } from './payload.ts';
import type { Copies } from './sealing.ts';

/** What waits for its place, of each of those below. */
export const WAITING_MAX = 64;
export const CASTS_MAX = 64;
/** Empty blocks before one that carries something that are kept with it. */
export const TRAIL_MAX = 32;
const BELOW_MAX = 1_024;

export type Role = 'continent' | 'globe';

/** A chain, and those that it orders something of. */
export interface Level extends Chain {
  readonly role: Role;
  readonly below: readonly Below[];
  /** The first patience with a round: above what one takes (jolteon.ts). */
  readonly patienceMs: number;
}

export const LEVEL_PLANTS = {
  'level-vote-not-kept': 'a delegate does not keep what it has voted for, nor waits for it',
  'level-skips': 'a block may leave out what is not here, and carry what comes after it',
  'level-no-pages': 'whoever is behind is shown single blocks that are not committed, and no pages',
} as const;
export type LevelPlant = keyof typeof LEVEL_PLANTS;

export interface LevelSelf {
  readonly level: Level;
  readonly node: NodeAddress;
  readonly signing: NodeSecrets['signing'];
  /** Delegates of the level above, who order what is committed here. */
  readonly above: readonly Address[];
  readonly probe: Probe;
  readonly plant?: LevelPlant | undefined;
}

export type Effects = Effect<LevelSays>[];
export type Claim = Offer | Proposal | VoteWord | TimeoutWord | Where | Given | Page | Forked;

/** On its way out: signed, and said when all that was kept before it is kept. */
export interface Cast {
  readonly make: (signature: Uint8Array) => LevelSays;
  readonly after: number;
  signature: Uint8Array | undefined;
}

export interface DelegateState {
  readonly self: LevelSelf;
  readonly own: number;
  readonly peers: readonly NodeAddress[];
  jolteon: Jolteon;
  /** The last committed block that is carried out; and of each of those below the last one that is ordered there. */
  tip: Uint8Array;
  readonly ordered: Map<string, number>;
  /** Verified, and not ordered yet, by name and number. */
  readonly waiting: Map<string, Item>;
  /** What blocks carry that are not committed. */
  readonly bodies: Map<string, readonly Ref[]>;
  /** What signs the proposals of those. */
  readonly proposals: Map<string, Uint8Array>;
  /** Against members, by kind and member. */
  readonly evidence: Map<string, JolteonEvidence>;
  /** The last committed blocks, as long as they are empty. */
  trail: readonly Head[];
  /** What proves the last of all. */
  last: Final | undefined;
  readonly wanted: Set<string>;
  /** The greatest height of which somebody says that it is committed there. */
  top: number;
  /** Of whom we have asked what is committed after our own height, and have heard nothing yet. */
  readonly asked: Set<NodeAddress>;
  keeps: number;
  kept: number;
  casts: number;
  readonly underWay: Map<string, Cast>;
  /** What leaves when it is kept, by the number of that keep. */
  readonly promised: Map<number, Effects>;
  readonly verifying: Verifying<Claim>;
  /** What others have asked for, and comes from the disk. */
  readonly gathering: Gathering;
  /** Who seals in the municipalities below. */
  readonly copies: Copies;
  /** A block of somebody else, while ours of its height is read. */
  suspected: Final | undefined;
  /** Two branches were seen: this delegate has halted. */
  fork: KeptFork | undefined;
  ticks: number;
  /** How much was given to each of the others since the last tick. */
  readonly gave: Map<string, number>;
}

export const heightOf = ({ jolteon: { tree } }: DelegateState): number => tree.tip.height;

export const delegateOf = (role: Role, node: NodeAddress): Address => address(node, role);
export const keyOf = ({ name, id }: Pick<Ref, 'name' | 'id'>): string => `${name} ${id}`;

/** Kept before anything signed leaves. */
export const KeptSafety = record({
  lastVoted: round,
  oneChain: round,
  highQc: Qc,
  lastTc: optional(Tc),
  vote: optional(record({ round, block: digest })),
  proposed: round,
});
export const KeptTip = record({
  id: digest,
  round,
  height: blockHeight,
  ordered: list(record({ name: chainName, id: itemId }), BELOW_MAX),
  trail: list(Head, TRAIL_MAX),
  last: optional(Final),
});
export type KeptTip = Infer<typeof KeptTip>;

/** A committed block that carries something, with the empty ones before it, and what proves it. */
export const KeptBlock = record({ trail: list(Head, TRAIL_MAX), refs, final: Final });
export type KeptBlock = Infer<typeof KeptBlock>;
export const KeptHeight = record({ height: blockHeight });

export const SAFETY = 'live/safety';
export const TIP = 'live/tip';
/** Blocks that are not committed, and what waits for its place. */
export const OPEN = 'live/open/';
export const ITEM = 'live/item/';
/** What is recalled when it is asked for: blocks by height, and at which height something is. */
export const nameOfHeight = (height: number): string => `height/${height}`;
export const nameOfRef = (ref: Pick<Ref, 'name' | 'id'>): string => `ref/${keyOf(ref)}`;
