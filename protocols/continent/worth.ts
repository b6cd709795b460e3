/**
 * What of that which others say is worth verifying, and by which signatures: nothing comes back for what is of no use.
 *
 * A certificate that is known is not verified again; so the known one takes its place (`settled`). What has the same
 * name may be made of other votes, which are nobody's: kept, told or given further it would convince nobody.
 */
import { hex, same } from '#lib/bytes.ts';
import type { Offer } from '../continent.messages.ts';
import {
  blockId,
  saidVerifyJob,
  type Block,
  type Qc,
  type Said,
  type Tc,
} from '../jolteon/block.ts';
import { isWhole, qcJobs, tcJobs } from '../jolteon/certify.ts';
import { isOfUse } from '../jolteon/tree.ts';
import { sealedJobs } from '../municipality-batch.ts';
import { keyOf, payloadOf, WAITING_MAX, type Claim, type DelegateState } from './state.ts';

export function jobsOf(state: DelegateState, claim: Claim): Jobs {
  const { jolteon, self } = state;
  const { continent } = self;
  switch (claim.kind) {
    case 'continent.offer':
      return offerJobs(state, claim);
    case 'continent.proposal': {
      const { block, refs } = claim.full;
      const { round, author } = block.head;
      if (!isWhole(continent, block) || !same(block.head.payload, payloadOf(refs)))
        return undefined;
      if (author !== jolteon.leaderOf(round) || !isOfUse(jolteon.tree, round)) return undefined;
      const own = saidJobs(
        state,
        { is: 'proposal', round, block: blockId(block.head) },
        author,
        claim.signature,
      );
      return all(
        own,
        certificateJobs(state, block.parent),
        claim.tc === undefined ? [] : tcJobs(continent, claim.tc),
      );
    }
    case 'continent.vote':
      return saidJobs(
        state,
        { is: 'vote', round: claim.round, block: claim.block },
        claim.member,
        claim.signature,
      );
    case 'continent.timeout': {
      const said = { is: 'timeout', round: claim.round, highRound: claim.high.round } as const;
      const own = saidJobs(state, said, claim.member, claim.signature);
      return all(
        own,
        certificateJobs(state, claim.high),
        claim.tc === undefined ? [] : tcJobs(continent, claim.tc),
      );
    }
    case 'continent.where':
      return all(
        certificateJobs(state, claim.high),
        claim.tc === undefined ? [] : tcJobs(continent, claim.tc),
      );
    case 'continent.given': {
      const { block, refs } = claim.full;
      const isAsked = state.wanted.has(hex(blockId(block.head)));
      if (!isAsked || !isWhole(continent, block) || !same(block.head.payload, payloadOf(refs)))
        return undefined;
      return certificateJobs(state, block.parent);
    }
    default:
      return undefined;
  }
}

type Jobs = ReturnType<typeof qcJobs>;

const all = (...parts: readonly Jobs[]): Jobs =>
  parts.some((part) => part === undefined) ? undefined : parts.flatMap((part) => part!);

/** What was said, with our own certificates where we have them. */
export function settled(state: DelegateState, claim: Claim): Claim {
  switch (claim.kind) {
    case 'continent.proposal': {
      const { full, tc } = claim;
      return {
        ...claim,
        full: { ...full, block: blockOf(state, full.block) },
        tc: tcOf(state, tc),
      };
    }
    case 'continent.given':
      return { ...claim, full: { ...claim.full, block: blockOf(state, claim.full.block) } };
    case 'continent.timeout':
    case 'continent.where':
      return { ...claim, high: known(state, claim.high), tc: tcOf(state, claim.tc) };
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
const blockOf = (state: DelegateState, { head, parent }: Block): Block => ({
  head,
  parent: known(state, parent),
});
const tcOf = (state: DelegateState, tc: Tc | undefined): Tc | undefined =>
  tc === undefined ? undefined : { ...tc, high: known(state, tc.high) };

const certificateJobs = (state: DelegateState, qc: Qc): Jobs =>
  ours(state, qc) === qc ? [] : qcJobs(state.self.continent, qc);

export type Bare = Said extends infer S
  ? S extends Said
    ? Omit<S, 'chain' | 'epoch'>
    : never
  : never;

export const saidBy = ({ self }: DelegateState, said: Bare): Said => {
  const { name: chain, epoch } = self.continent;
  return { ...said, chain, epoch } as Said;
};

function saidJobs(state: DelegateState, said: Bare, member: number, signature: Uint8Array): Jobs {
  const { network, members } = state.self.continent;
  const by = members[member];
  return by === undefined
    ? undefined
    : [saidVerifyJob(network, saidBy(state, said), signature, by.signing)];
}

/** Near what is ordered, and not here yet. */
function offerJobs({ self, ordered, waiting }: DelegateState, { sealed }: Offer): Jobs {
  const { name, id } = sealed.batch;
  const of = self.continent.municipalities.find((each) => each.name === name);
  const last = ordered.get(name) ?? 0;
  if (of === undefined || id <= last || id > last + WAITING_MAX) return undefined;
  return waiting.has(keyOf(sealed.batch)) ? undefined : sealedJobs(of, sealed);
}
