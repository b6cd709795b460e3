/**
 * What Jolteon is about: blocks, and what proves something about them.
 *
 *   genesis <--parent-- block r=1 <--parent-- block r=2 <--parent-- ...    rounds grow along every branch
 *               '--QC: > 2/3 of the weight voted for it in its round
 *
 *   QC        votes of one round for one block: whoever has it needs to trust nobody
 *   timeout   I have given up this round, and this is the highest QC that I know; signed over both rounds
 *   TC        timeouts of one round by more than two thirds: with the highest of their QCs
 *
 * A block names what it carries by a root; what that is, and whether it may be voted for, others know.
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { same, utf8 } from '#lib/bytes.ts';

import { count, either, list, record, text, toBytes, type Infer } from '../codec.ts';
import { DELEGATES_MAX } from '../genesis.ts';
import { signed } from '../signed.ts';
import { digest, signature } from '../terms.ts';
import { member } from '../vertex-head.ts';

export const round = count(Number.MAX_SAFE_INTEGER);
/** Which chain: a continent, or the globe. */
export const chainName = text(64);

/** How many blocks of a chain carry something, up to one of them. */
export const blockHeight = count(Number.MAX_SAFE_INTEGER);

export const Head = record({
  chain: chainName,
  epoch: count(Number.MAX_SAFE_INTEGER),
  /** That of its parent, and one more if it carries something. */
  height: blockHeight,
  round,
  author: member,
  parent: digest,
  parentRound: round,
  /** Of what it carries. */
  payload: digest,
});
export type Head = Infer<typeof Head>;

export const Qc = record({
  block: digest,
  round,
  votes: list(record({ member, signature }), DELEGATES_MAX),
});
export type Qc = Infer<typeof Qc>;

export const Tc = record({
  round,
  /** The highest that any of them knew. */
  high: Qc,
  votes: list(record({ member, highRound: round, signature }), DELEGATES_MAX),
});
export type Tc = Infer<typeof Tc>;

/** A block, and the certificate of its parent: `head.parent` and `head.parentRound` are what that says. */
export const Block = record({ head: Head, parent: Qc });
export type Block = Infer<typeof Block>;

const BLOCK = domain('chain block');
const GENESIS = domain('chain genesis');
const NOTHING = domain('chain payload of nothing');
/** What an empty block carries. */
export const EMPTY_PAYLOAD = hash(NOTHING, new Uint8Array(0));

export const blockId = (head: Head): Uint8Array => hash(BLOCK, toBytes(Head, head));
export const isEmpty = ({ payload }: Pick<Head, 'payload'>): boolean =>
  same(payload, EMPTY_PAYLOAD);
/** How high a block is that carries this, on top of one that is so high. */
export const heightOn = (before: number, head: Pick<Head, 'payload'>): number =>
  before + (isEmpty(head) ? 0 : 1);

/** The certificate of the block before the first one, which nobody voted for. */
export const genesisQc = (chain: string, epoch: number): Qc => ({
  block: hash(GENESIS, utf8(`${epoch} ${chain}`)),
  round: 0,
  votes: [],
});

/** What delegates sign. */
export const Said = either('is', {
  proposal: record({
    chain: chainName,
    epoch: count(Number.MAX_SAFE_INTEGER),
    round,
    block: digest,
  }),
  vote: record({ chain: chainName, epoch: count(Number.MAX_SAFE_INTEGER), round, block: digest }),
  timeout: record({
    chain: chainName,
    epoch: count(Number.MAX_SAFE_INTEGER),
    round,
    highRound: round,
  }),
});
export type Said = Infer<typeof Said>;
/** What is said, apart from where. */
export type Bare = Said extends infer S
  ? S extends Said
    ? Omit<S, 'chain' | 'epoch'>
    : never
  : never;

export const saidIn = (
  { name: chain, epoch }: { readonly name: string; readonly epoch: number },
  said: Bare,
): Said => ({ ...said, chain, epoch }) as Said;

export const { sign: saidSignJob, verify: saidVerifyJob } = signed(Said, 'vote');

export interface Vote {
  readonly block: Uint8Array;
  readonly round: number;
  readonly member: number;
  readonly signature: Uint8Array;
}

export interface Timeout {
  readonly round: number;
  readonly high: Qc;
  readonly member: number;
  readonly signature: Uint8Array;
}
