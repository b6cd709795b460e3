/**
 * Proposing: the active presence freezes the list of those who are online.
 *
 *   due -> proposal -> own vote and those of others -> more than 2/3 of the stake -> frozen, told to all
 *
 * Due every ten seconds; earlier, when more than a tenth of the newest list is not true any more (or
 * there is none): after half a second at first, then each time half a second later, so that a city that
 * comes up has its first lists at once and never more than VALID_LISTS_MAX that are valid. A proposal that nobody moves
 * for is given up, and the next one has a greater number: nobody stands for two lists of one number.
 *
 * Only a presence that is in touch with more than two thirds of the stake, and has every list that these
 * have, proposes: its list follows the newest one.
 */
import {
  eligibleRoot,
  ENDORSEMENTS_MAX,
  FREEZE_MS,
  isEndorsed,
  type EligibleHead,
  type Endorsement,
  type Frozen,
} from '../eligibility.ts';
import { compute, NOTHING, send, type Moment, type Plain } from '../effect.ts';
import type { VerifyJob } from '#algorithms/signature.ts';
import { Propose, Proven, type Prove, type Vote } from '../presence.messages.ts';
import type { Address } from '../subjects.ts';
import { aheadOf, isInTouch, presenceOf } from './peers.ts';
import { registeredOf } from './registry.ts';
import { addRoll } from './replica.ts';
import { rollOf, type Listed } from './roll.ts';
import { scoreOf } from './scores.ts';
import { sharesOf } from './shares.ts';
import { keyOf, newestRoll, type Presence, type Proposal, type Said } from './state.ts';
import { weighed } from './table.ts';
import { cast } from './voting.ts';

export const EARLY_MS = 500;
/** A proposal for which nobody moved for so long, and one that lasted for so long, is given up. */
const STILL_MS = 3_000;
const PROPOSAL_MS = 60_000;
const REPEAT_MS = 1_000;
export const BALLOT = 'ballot/';

/** Whether to freeze now, and whether that is earlier than every ten seconds. */
export function due(state: Presence, now: number): 'early' | 'regular' | undefined {
  const { table, frozenAt, early } = state;
  const passed = now - frozenAt;
  if (passed >= FREEZE_MS) return 'regular';
  const members = newestRoll(state)?.members.length;
  const isOff = members === undefined || table.stale * 10 > members;
  return isOff && passed >= EARLY_MS * Math.max(1, early) ? 'early' : undefined;
}

/** What the lead has to do, several times a second. */
export function lead(state: Presence, at: Moment): Said {
  const { proposal } = state;
  if (proposal !== undefined && !isOver(proposal, at.now)) return repeated(state, proposal, at);
  state.proposal = undefined;
  const number = newestRoll(state)?.list.head.number ?? 0;
  const isCurrent =
    isInTouch(state.peers, at.now) && aheadOf(state.peers, number, at.now) === undefined;
  const isDue = isCurrent ? due(state, at.now) : undefined;
  return isDue === undefined ? NOTHING : propose(state, at);
}

const isOver = ({ stirredAt, since }: Proposal, now: number): boolean =>
  now >= stirredAt + STILL_MS || now >= since + PROPOSAL_MS;

function propose(state: Presence, at: Moment): Said {
  const { of, table, scores } = state;
  const members = weighed(table, of.weighing, (node) => scoreOf(scores, node));
  const head = headOf(state, members, at);
  const roll = rollOf({ head, endorsements: [] }, members)!;
  const proposal: Proposal = {
    key: keyOf(roll.list.digest),
    roll,
    since: at.now,
    stirredAt: at.now,
    saidAt: at.now,
    ballots: new Map(),
    endorsements: new Map(),
  };
  state.proposal = proposal;
  return [...cast(state, roll.list, undefined), ...said(state, proposal)];
}

function headOf(state: Presence, members: readonly Listed[], { wall }: Moment): EligibleHead {
  const { of, voted, taken, registry } = state;
  const before = newestRoll(state)?.list;
  const at = Math.max(Math.floor(wall), before === undefined ? 0 : before.head.at + EARLY_MS);
  const nodes = members.map(({ eligible }) => eligible);
  return {
    place: of.self.genesis.place,
    number: Math.max(before?.head.number ?? 0, voted?.number ?? 0, taken) + 1,
    at,
    by: of.self.node,
    follows: before?.digest,
    lights: sharesOf(nodes, registeredOf(registry, before?.head, wall), at, before?.head),
    root: eligibleRoot(members.map(({ leaf }) => leaf)),
    count: members.length,
  };
}

function repeated(state: Presence, proposal: Proposal, { now }: Moment): Said {
  if (now < proposal.saidAt + REPEAT_MS) return NOTHING;
  proposal.saidAt = now;
  return said(state, proposal);
}

function said({ of, delegate }: Presence, { roll, endorsements }: Proposal): Said {
  const { genesis } = of.self;
  return genesis.delegates.flatMap((_, other) =>
    other === delegate || endorsements.has(other)
      ? []
      : [send(presenceOf(genesis, other), Propose.of({ head: roll.list.head }))],
  );
}

/** Somebody fetches members or asks for proofs. */
export function stirred({ proposal }: Presence, list: Uint8Array, now: number): void {
  if (proposal?.key === keyOf(list)) proposal.stirredAt = now;
}

/** Proofs of those whose logins are not in any list yet. */
export function proved({ table, proposal }: Presence, { list, nodes }: Prove, to: Address): Said {
  if (proposal?.key !== keyOf(list)) return NOTHING;
  const proofs = nodes
    .map((node) => table.of.get(node)?.proof)
    .filter((proof) => proof !== undefined);
  return [send(to, Proven.of({ list, proofs }))];
}

/** A vote of a delegate: its signature is verified by a job. */
export function voted(state: Presence, { list, signature }: Vote, delegate: number): Said {
  const { of, proposal } = state;
  if (proposal?.key !== keyOf(list) || proposal.ballots.has(delegate)) return NOTHING;
  proposal.ballots.set(delegate, signature);
  const { network, delegates } = of.self.genesis;
  const { suite, key } = delegates[delegate]!.signing;
  const job: VerifyJob = {
    suite,
    purpose: 'snapshot',
    network,
    publicKey: key,
    bytes: list,
    signature,
  };
  const id = `${BALLOT}${delegate}/${proposal.key}`;
  return [compute(id, 'presence.verify', [job] as unknown as Plain)];
}

/** The verdict about a vote. */
export function counted(state: Presence, id: string, isGood: boolean): Said {
  const [place, key] = id.slice(BALLOT.length).split('/');
  const { proposal } = state;
  if (proposal === undefined || proposal.key !== key) return NOTHING;
  const delegate = Number(place);
  const signature = proposal.ballots.get(delegate)!;
  if (isGood) return endorsed(state, { delegate, signature });
  proposal.ballots.delete(delegate);
  return NOTHING;
}

/** One more stands for our proposal. */
export function endorsed(state: Presence, endorsement: Endorsement): Said {
  const { of, proposal } = state;
  if (proposal === undefined) return NOTHING;
  proposal.endorsements.set(endorsement.delegate, endorsement);
  const { head } = proposal.roll.list;
  const frozen: Frozen = { head, endorsements: heaviest(state, proposal) };
  if (!isEndorsed(of.self.genesis, frozen)) return NOTHING;
  state.proposal = undefined;
  addRoll(state.replica, { ...proposal.roll, frozen });
  return NOTHING; // presence.ts sees that there is a new list, and tells everybody.
}

/** In the order of their places; of very many only the heaviest, as many as one message carries. */
function heaviest({ of }: Presence, { endorsements }: Proposal): readonly Endorsement[] {
  const { delegates } = of.self.genesis;
  const stakeOf = ({ delegate }: Endorsement): bigint => delegates[delegate]!.stake;
  return [...endorsements.values()]
    .toSorted((a, b) => (stakeOf(a) < stakeOf(b) ? 1 : -1))
    .slice(0, ENDORSEMENTS_MAX)
    .toSorted((a, b) => a.delegate - b.delegate);
}
