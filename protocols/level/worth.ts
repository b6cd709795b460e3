/**
 * What of that which others say is worth verifying, and by which signatures: nothing comes back for what is of no use.
 *
 * A certificate that is known is not verified again; so the known one takes its place (`settled`). What has the same
 * name may be made of other votes, which are nobody's: kept, told or given further it would convince nobody.
 */
import { hex, same } from '#lib/bytes.ts';
import {
  blockId,
  saidIn,
  saidVerifyJob,
  type Bare,
  type Block,
  type Qc,
  type Tc,
} from '../jolteon/block.ts';
import { isWhole, qcJobs, tcJobs } from '../jolteon/certify.ts';
import { finalJobs } from '../jolteon/final.ts';
import { isOfUse } from '../jolteon/tree.ts';
import type { Full, Offer, Page, Proposal, TimeoutWord } from '../level.messages.ts';
import type { NodeAddress } from '../subjects.ts';
import { refOf } from './below.ts';
import { forkJobs } from './fork.ts';
import { shownIn } from './history.ts';
import { payloadOf } from './payload.ts';
import { keyOf, WAITING_MAX, type Claim, type DelegateState } from './state.ts';

type Jobs = ReturnType<typeof qcJobs>;

export function jobsOf(state: DelegateState, claim: Claim, from: NodeAddress): Jobs {
  switch (claim.kind) {
    case 'level.offer':
      return offerJobs(state, claim);
    case 'level.proposal':
      return proposalJobs(state, claim);
    case 'level.vote': {
      const { round, block, member, signature } = claim;
      return saidJobs(state, { is: 'vote', round, block }, member, signature);
    }
    case 'level.timeout':
      return timeoutJobs(state, claim);
    case 'level.where':
      return all(certificateJobs(state, claim.high), optionalJobs(state, claim.tc));
    case 'level.given': {
      const { block } = claim.full;
      const isAsked = state.wanted.has(hex(blockId(block.head)));
      return isAsked && isFull(state, claim.full)
        ? certificateJobs(state, block.parent)
        : undefined;
    }
    case 'level.forked':
      return forkJobs(state, claim);
    case 'level.page':
      return state.asked.delete(from) ? pageJobs(state, claim) : undefined;
  }
}

const all = (...parts: readonly Jobs[]): Jobs =>
  parts.some((part) => part === undefined) ? undefined : parts.flatMap((part) => part!);

/** Near what is ordered, and not here yet. */
function offerJobs(
  { self: { level }, ordered, waiting, copies }: DelegateState,
  { item }: Offer,
): Jobs {
  const ref = refOf(item);
  const below = level.below.find(({ name }) => name === ref?.name);
  if (ref === undefined || below === undefined || waiting.has(keyOf(ref))) return undefined;
  const last = ordered.get(ref.name) ?? 0;
  return ref.id <= last || ref.id > last + WAITING_MAX
    ? undefined
    : below.jobsOf(item, copies.get(ref.name)?.sealers);
}

const isFull = ({ self: { level } }: DelegateState, { block, refs }: Full): boolean =>
  isWhole(level, block) && same(block.head.payload, payloadOf(refs));

function proposalJobs(state: DelegateState, { full, tc, signature }: Proposal): Jobs {
  const { jolteon } = state;
  const { head, parent } = full.block;
  const { round, author } = head;
  if (!isFull(state, full) || author !== jolteon.leaderOf(round)) return undefined;
  if (!isOfUse(jolteon.tree, round)) return undefined;
  const said = { is: 'proposal', round, block: blockId(head) } as const;
  const own = saidJobs(state, said, author, signature);
  return all(own, certificateJobs(state, parent), optionalJobs(state, tc));
}

function timeoutJobs(state: DelegateState, claim: TimeoutWord): Jobs {
  const { round, high, tc, member, signature } = claim;
  const own = saidJobs(state, { is: 'timeout', round, highRound: high.round }, member, signature);
  return all(own, certificateJobs(state, high), optionalJobs(state, tc));
}

/** One certificate for all of it. */
const pageJobs = ({ self: { level } }: DelegateState, page: Page): Jobs =>
  page.final === undefined || shownIn(page) === undefined
    ? undefined
    : finalJobs(level, page.final);

// --- certificates ----------------------------------------------------------------------------------------

/** What was said, with our own certificates where we have them. */
export function settled(state: DelegateState, claim: Claim): Claim {
  switch (claim.kind) {
    case 'level.proposal': {
      const { full, tc } = claim;
      return {
        ...claim,
        full: { ...full, block: settledBlock(state, full.block) },
        tc: settledTc(state, tc),
      };
    }
    case 'level.given':
      return { ...claim, full: { ...claim.full, block: settledBlock(state, claim.full.block) } };
    case 'level.timeout':
      return { ...claim, high: known(state, claim.high), tc: settledTc(state, claim.tc) };
    case 'level.where': {
      // It brings nobody to where he is already.
      const isNews = claim.tc !== undefined && claim.tc.round >= state.jolteon.round;
      const tc = isNews ? settledTc(state, claim.tc) : undefined;
      return { ...claim, high: known(state, claim.high), tc };
    }
    default:
      return claim;
  }
}

/** Ours of that name. */
function ours({ jolteon: { tree, safety } }: DelegateState, qc: Qc): Qc | undefined {
  const mine = tree.qcs.get(hex(qc.block)) ?? safety.highQc;
  return same(mine.block, qc.block) && mine.round === qc.round ? mine : undefined;
}
const known = (state: DelegateState, qc: Qc): Qc => ours(state, qc) ?? qc;
const settledBlock = (state: DelegateState, { head, parent }: Block): Block => ({
  head,
  parent: known(state, parent),
});
const settledTc = (state: DelegateState, tc: Tc | undefined): Tc | undefined =>
  tc === undefined ? undefined : { ...tc, high: known(state, tc.high) };

const certificateJobs = (state: DelegateState, qc: Qc): Jobs =>
  ours(state, qc) === qc ? [] : qcJobs(state.self.level, qc);

const optionalJobs = ({ self: { level } }: DelegateState, tc: Tc | undefined): Jobs =>
  tc === undefined ? [] : tcJobs(level, tc);

// --- what is signed --------------------------------------------------------------------------------------

function saidJobs(state: DelegateState, said: Bare, member: number, signature: Uint8Array): Jobs {
  const { network, members } = state.self.level;
  const by = members[member];
  return by === undefined
    ? undefined
    : [saidVerifyJob(network, saidIn(state.self.level, said), signature, by.signing)];
}
