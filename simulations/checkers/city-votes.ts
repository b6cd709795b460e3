/**
 * Do delegates vote as they must? Followed from what leaves them, and from their disks.
 *
 * - A ballot leaves when it is durable, so that a later life stands by it.
 * - No delegate ever says two different ballots for one (height, round, step), whatever happens to it.
 * - Who has precommitted a batch prevotes for another one only after more than two thirds prevoted for
 *   that one in a round since: its lock.
 * - Nobody prevotes for a batch of the far future.
 */
import { stampOf } from '#algorithms/clock/hlc.ts';
import { hex } from '#lib/bytes.ts';
import { restored } from '#protocols/city/ballots.ts';
import { headDigest, isSameChoice } from '#protocols/city-batch.ts';
import { Proposal, Votes, type Vote } from '#protocols/city.messages.ts';
import type { Infer } from '#protocols/codec.ts';
import { isQuorum } from '#protocols/genesis.ts';
import { address, nodeOf, type NodeAddress } from '#protocols/subjects.ts';
import { keyPrefix } from '#runtime/lives.ts';
import type { Town } from '../city/town.ts';
import type { Life } from '../machine.ts';
import type { Checker, World } from '../world.ts';
import { bodyOf } from './city-pieces.ts';

type Ballot = Pick<Infer<typeof Vote>, 'height' | 'round' | 'batch'> & {
  readonly step: 'propose' | 'prevote' | 'precommit';
};

interface Lock {
  readonly height: number;
  readonly round: number;
  readonly batch: string;
}

/** As far ahead as a batch may be, and what two clocks may be apart. */
const AHEAD_MS = 5_000;

export function votesChecker(world: World, town: Town): Checker {
  const said = new Map<string, string>();
  const locks = new Map<NodeAddress, Lock>();
  /** Stake that prevoted for a batch, by height, batch and round. */
  const prevotes = new Map<string, Map<number, Set<NodeAddress>>>();
  const stamps = new Map<string, number>();
  const isProved = (height: number, batch: string, from: number, before: number): boolean =>
    [...(prevotes.get(`${height} ${batch}`) ?? [])].some(
      ([round, by]) =>
        round >= from && round < before && isQuorum(BigInt(by.size), BigInt(town.delegates.length)),
    );
  const prevoted = (node: NodeAddress, { height, round, batch }: Ballot): void => {
    if (batch === undefined) return;
    const name = hex(batch);
    const lock = locks.get(node);
    const isFree =
      lock === undefined || lock.height !== height || lock.batch === name || lock.round >= round;
    const mayVote = isFree || isProved(height, name, lock.round, round);
    world.claim(mayVote, () => `${node} keeps its lock at ${height} in round ${round}`);
    const key = `${height} ${name}`;
    const rounds = prevotes.get(key) ?? new Map<number, Set<NodeAddress>>();
    prevotes.set(key, rounds.set(round, (rounds.get(round) ?? new Set()).add(node)));
  };
  const isDurable = (node: NodeAddress, ballot: Ballot): boolean => {
    const { disk } = town.machineOf.get(node)!;
    const bytes = disk.durable(`${keyPrefix(address(node, 'city'))}standing`);
    const kept = bytes && restored(new Map([['standing', bytes]]), undefined);
    if (kept === undefined) return false;
    if (kept.height !== ballot.height || kept.round !== ballot.round) {
      return (
        kept.height > ballot.height || (kept.height === ballot.height && kept.round > ballot.round)
      );
    }
    if (ballot.step === 'propose') return isSameChoice(kept.proposed, ballot.batch);
    const choice = kept[ballot.step];
    return choice !== undefined && isSameChoice(choice.batch, ballot.batch);
  };
  const says = (node: NodeAddress, ballot: Ballot): void => {
    const { height, round, step, batch } = ballot;
    const which = `${node} ${step} ${height}/${round}`;
    const choice = batch === undefined ? 'none' : hex(batch);
    const before = said.get(which);
    world.claim(before === undefined || before === choice, () => `${which}: one ballot, not two`);
    if (before !== undefined) return;
    said.set(which, choice);
    world.claim(isDurable(node, ballot), () => `${which} leaves when it is durable`);
    if (step === 'prevote') prevoted(node, ballot);
    if (step === 'precommit' && batch !== undefined)
      locks.set(node, { height, round, batch: choice });
  };
  const isOfNow = (batch: Uint8Array | undefined, life: Life): boolean =>
    batch === undefined || (stamps.get(hex(batch)) ?? 0) <= life.clock.wall() + AHEAD_MS;
  return {
    sent: (envelope, life) => {
      const node = nodeOf(envelope.from);
      const proposal = bodyOf(envelope, Proposal);
      if (proposal !== undefined) {
        const { head } = proposal.batch;
        const batch = headDigest(head);
        stamps.set(hex(batch), stampOf(head.at).wallMs);
        // Whose it is says who signed it: what was proved before is proposed again by others, and said again by all.
        if (town.genesis.delegates[proposal.member]?.node === node)
          says(node, { height: head.height, round: proposal.round, step: 'propose', batch });
      }
      for (const vote of bodyOf(envelope, Votes)?.votes ?? []) {
        if (town.genesis.delegates[vote.member]?.node !== node) continue;
        says(node, vote);
        const isFine = vote.step !== 'prevote' || isOfNow(vote.batch, life);
        world.claim(isFine, () => `${node} prevotes for nothing of the far future`);
      }
    },
  };
}
