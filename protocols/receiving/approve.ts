/**
 * R5, approve: what the city knows of a transaction of which this node's ledger has no state.
 *
 *   approve.take --> every ledger: ledger.ask --> ordered:    proof and quorum verify, enough agree --> approve.done
 *        |                             |'-------> certified:  ledger.want --> ledger.offer --.
 *        |                             '--------> unknown:    so say more than two thirds ---------> approve.done
 *        '--(brought by whoever reads)------------------------------------> own ledger <-----'
 *                                                       held: own ledger is asked --> approve.done
 *
 * Safety: nothing is believed because of who says it. What was ordered is shown by the signatures of more than two
 * thirds of the stake, and what became of it since by the word of more than one (agreed.ts); what was not goes through all checks of an offer, in the own ledger, before it counts
 * (ledger/check.ts). What was ordered is offered to the own ledger as well, so that it is there the next time.
 * That nobody knows it is said only where more than two thirds of the stake say so: of what was committed, somebody honest
 * among them has sealed the batch, and has it.
 * Liveness: whoever was silent is asked again until the time is over; then nothing was found, which denies nothing. Where all
 * who answer are too few to agree, one proof is enough to look for the pieces: those show by themselves what they are.
 *
 * Bounds: `APPROVALS_MAX` at once; beyond them `busy`.
 */
import { assert } from '#lib/assert.ts';
import { hex, same } from '#lib/bytes.ts';
import { lru, type Lru } from '#lib/lru.ts';
import { isProved, isQuorumOf, quorumVerifyJobs } from '../city-batch.ts';
import {
  ask,
  compute,
  NOTHING,
  send,
  sleep,
  wake,
  type Effect,
  type Moment,
  type Plain,
  type Signal,
  type Step,
} from '../effect.ts';
import { certDigest } from '../holding.ts';
import { AskTx, Want, type HandedOver, type Told } from '../ledger.messages.ts';
import { askOn, copyOf, LINEAGE, told as toldCopy, type LineageCopy } from '../lineage-copy.ts';
import { committeeFor, newestIn } from '../lineage.ts';
import { manifestHashOf } from '../manifest.ts';
import {
  Approved,
  type ApproveHears,
  type ApproveSays,
  type TakeApprove,
} from '../receiving.messages.ts';
import { isOwn, type Self } from '../self.ts';
import { Offer, type Declined, type Held } from '../sending.messages.ts';
import { address, nodeOf, type Address, type NodeAddress } from '../subjects.ts';
import { coverFault, txIdOf, verifyJobOf } from '../transaction.ts';
import type { VerifyJob } from '#algorithms/signature.ts';
import { isQuorum, stakeOf } from '../genesis.ts';
import { agreed, ordered } from './agreed.ts';

export const APPROVALS_MAX = 128;
const WANTED_MAX = 1_024;
const ASK_MS = 1_500;
/** Between two rounds of questions. */
const AGAIN_MS = 1_000;

interface Approval {
  readonly id: number;
  readonly for: Address;
  readonly number: number;
  readonly txId: Uint8Array;
  readonly brought: TakeApprove['brought'];
  /** Of what other ledgers told, by the job that verifies it; and what they have shown to be ordered. */
  readonly proving: Map<string, { readonly by: NodeAddress; readonly told: Told }>;
  readonly shown: Map<NodeAddress, Told>;
  /** Whose ledgers have said that they know nothing of it. */
  readonly strangers: Set<NodeAddress>;
  /** Ledgers that were asked and have not answered, nor been silent for long enough. */
  readonly asked: Set<number>;
  jobs: number;
}

export interface Approvals {
  readonly self: Self;
  readonly copy: LineageCopy;
  readonly underWay: Map<number, Approval>;
  /** Transactions that other ledgers were asked for of late: their offers are for the own one. */
  readonly wanted: Lru<string, true>;
  begun: number;
}

type Effects = readonly Effect<ApproveSays>[];

export const begin = (self: Self): Step<Approvals, ApproveSays> => [
  {
    self,
    copy: copyOf(self.genesis),
    underWay: new Map(),
    wanted: lru(WANTED_MAX),
    begun: 0,
  },
  NOTHING,
];

export const step = (
  state: Approvals,
  input: ApproveHears | Signal,
  at: Moment,
): Step<Approvals, ApproveSays> => [state, effectsOf(state, input, at)];

function effectsOf(state: Approvals, input: ApproveHears | Signal, at: Moment): Effects {
  switch (input.kind) {
    case 'approve.take':
      return isOwn(state.self, 'receive', at) ? take(state, input, at) : NOTHING;
    case 'answered':
      return input.id === LINEAGE
        ? toldCopy(state.copy, input.message as HandedOver, undefined)
        : told(state, input.id, input.message as Told);
    case 'unanswered':
      return input.id === LINEAGE
        ? toldCopy(state.copy, undefined, undefined)
        : silent(state, input.id);
    case 'computed':
      return proved(state, input.id, input.output as readonly boolean[]);
    case 'ledger.offer':
      return offered(state, input, at);
    case 'ledger.held':
    case 'ledger.declined':
      return isOwn(state.self, 'ledger', at) ? judged(state, input) : NOTHING;
    case 'wake':
      return woken(state, input.id);
    default:
      return NOTHING;
  }
}

/** What must be true between any two steps. */
export function invariants({ underWay }: Approvals): void {
  assert(underWay.size <= APPROVALS_MAX, 'few enough are approved at once');
}

const ledgerOf = ({ self }: Approvals): Address => address(self.node, 'ledger');

function take(state: Approvals, taken: TakeApprove, { from }: Moment): Effects {
  const { number, txId, withinMs, brought } = taken;
  const whom = from ?? address(state.self.node, 'receive');
  if (state.underWay.size >= APPROVALS_MAX)
    return [send(whom, Approved.of({ number, txId, found: 'busy', told: undefined }))];
  const id = ++state.begun;
  const approval: Approval = {
    id,
    for: whom,
    number,
    txId,
    brought,
    proving: new Map(),
    shown: new Map(),
    strangers: new Set(),
    asked: new Set(),
    jobs: 0,
  };
  state.underWay.set(id, approval);
  state.wanted.put(hex(txId), true);
  return [wake(`end/${id}`, withinMs), ...questions(state, approval)];
}

/** All that can be tried: everybody is asked, the own ledger as well, and what was brought is offered. */
function questions({ self }: Approvals, approval: Approval): Effects {
  const { id, txId, brought, asked } = approval;
  const asks = self.genesis.delegates.map(({ node }, i) => {
    asked.add(i);
    return ask<ApproveSays>(`ask/${id}/${i}`, address(node, 'ledger'), AskTx.of({ txId }), ASK_MS);
  });
  return [...asks, ...offers(self, brought), wake(`again/${id}`, ASK_MS + AGAIN_MS)];
}

function offers({ node, probe }: Self, brought: TakeApprove['brought']): Effects {
  if (brought === undefined) return NOTHING;
  const { certified, batches } = brought;
  probe.sometimes('approve: a reader brought what the city had lost');
  return [send(address(node, 'ledger'), Offer.of({ certified: [certified], batches }))];
}

function woken(state: Approvals, id: string): Effects {
  const [what, number] = id.split('/') as [string, string];
  const approval = state.underWay.get(Number(number));
  if (approval === undefined) return NOTHING;
  return what === 'end' ? done(state, approval, 'nothing') : questions(state, approval);
}

function told(state: Approvals, id: string, answer: Told): Effects {
  const [what, number, which] = id.split('/') as [string, string, string | undefined];
  const approval = state.underWay.get(Number(number));
  if (approval === undefined) return NOTHING;
  const { node: own, genesis } = state.self;
  const by = what === 'own' ? own : genesis.delegates[Number(which)]!.node;
  if (what === 'ask') approval.asked.delete(Number(which));
  const effects = same(answer.txId, approval.txId) ? judge(state, approval, by, answer) : NOTHING;
  return [...effects, ...enough(state, approval)];
}

function silent(state: Approvals, id: string): Effects {
  const [, number, which] = id.split('/') as [string, string, string | undefined];
  const approval = state.underWay.get(Number(number));
  if (approval === undefined) return NOTHING;
  approval.asked.delete(Number(which));
  return enough(state, approval);
}

/** Nobody is waited for, and too few have answered to agree: what one proves is enough to look for its pieces. */
function enough(state: Approvals, approval: Approval): Effects {
  const { id, asked, proving, shown } = approval;
  const isOpen = asked.size > 0 || proving.size > 0 || !state.underWay.has(id);
  const answer = isOpen ? undefined : ordered(shown);
  if (answer === undefined) return NOTHING;
  state.self.probe.sometimes('approve: one ledger showed what was ordered, and too few answered');
  return done(state, approval, 'told', answer);
}

/** What a ledger says of it. */
function judge(state: Approvals, approval: Approval, by: NodeAddress, answer: Told): Effects {
  if (answer.known === 'unknown') return denied(state, approval, by);
  if (answer.cert === undefined) return NOTHING;
  // What the own ledger says it has checked.
  if (by === state.self.node) return done(state, approval, 'told', answer);
  const ledger = address(by, 'ledger');
  const wanted = send<ApproveSays>(ledger, Want.of({ certs: [certDigest(answer.cert)] }));
  const epoch = answer.proof?.head.epoch ?? 0;
  // Our ledger knows who orders by now; whoever told this is asked again.
  if (epoch > newestIn(state.copy.lineage)) return [wanted, ...askOn(state.copy, ledgerOf(state))];
  const jobs = proofJobs(state, approval, answer);
  if (jobs === undefined) return [wanted];
  const job = `prove/${approval.id}/${++approval.jobs}`;
  approval.proving.set(job, { by, told: answer });
  return [wanted, compute(job, 'batch.verify', jobs as unknown as Plain)];
}

function denied(state: Approvals, approval: Approval, by: NodeAddress): Effects {
  const { delegates } = state.self.genesis;
  const { strangers } = approval;
  strangers.add(by);
  const so = delegates.filter(({ node }) => strangers.has(node));
  // Who brings it shows that there is one: it is for the own ledger to judge.
  const isUnknown =
    approval.brought === undefined && isQuorum(stakeOf({ delegates: so }), stakeOf({ delegates }));
  return isUnknown ? done(state, approval, 'unknown') : NOTHING;
}

/** What must verify for it to be shown that this was ordered; `undefined` where it shows nothing. */
function proofJobs(
  { self, copy }: Approvals,
  { txId }: Approval,
  { cover, manifest, cert, proof, quorum }: Told,
): readonly VerifyJob[] | undefined {
  if (!cover || !manifest || !cert || !proof || !quorum) return undefined;
  const isOne =
    same(txIdOf(cover.header), txId) &&
    same(manifest.txId, txId) &&
    same(cert.manifestHash, manifestHashOf(manifest)) &&
    coverFault(cover) === undefined &&
    isProved(proof, { txId, cert: certDigest(cert) });
  const committee = committeeFor(copy.lineage, proof.head);
  if (!isOne || committee === undefined || !isQuorumOf(committee, quorum)) return undefined;
  const { network } = self.genesis;
  return [verifyJobOf(network, cover), ...quorumVerifyJobs(network, committee, proof.head, quorum)];
}

function proved(state: Approvals, id: string, stand: readonly boolean[]): Effects {
  const approval = state.underWay.get(Number(id.split('/')[1]));
  const proof = approval?.proving.get(id);
  if (approval === undefined || proof === undefined) return NOTHING;
  approval.proving.delete(id);
  if (!stand.every(Boolean)) return enough(state, approval);
  state.self.probe.sometimes('approve: another ledger showed what was ordered');
  approval.shown.set(proof.by, proof.told);
  const answer = agreed(state.self.genesis, approval.shown);
  return answer === undefined ? enough(state, approval) : done(state, approval, 'told', answer);
}

/** Another ledger gives what it was asked for: the own one checks it. */
function offered(state: Approvals, offer: Offer, { from }: Moment): Effects {
  const { self } = state;
  const isDelegate =
    from !== undefined && self.genesis.delegates.some(({ node }) => node === nodeOf(from));
  const wanted = offer.certified.filter(({ cert }) => isWanted(state, cert.txId));
  if (!isDelegate || wanted.length === 0) return NOTHING;
  self.probe.sometimes('approve: the own ledger is offered what another one has');
  return [send(ledgerOf(state), Offer.of({ certified: wanted, batches: offer.batches }))];
}

const isWanted = ({ wanted }: Approvals, txId: Uint8Array): boolean =>
  wanted.get(hex(txId)) === true;

/** The own ledger has it now, or will not have it: whoever waits for one of its own asks it. */
function judged(state: Approvals, answer: Held | Declined): Effects {
  if (answer.kind === 'ledger.declined') {
    state.self.probe.sometimes(`approve: the own ledger declined it: ${answer.reason}`);
    return NOTHING;
  }
  return Array.from(state.underWay.values(), ({ id, txId }) =>
    ask<ApproveSays>(`own/${id}`, ledgerOf(state), AskTx.of({ txId }), ASK_MS),
  );
}

function done(
  state: Approvals,
  approval: Approval,
  found: Approved['found'],
  answer?: Told,
): Effects {
  const { id, number, txId } = approval;
  state.underWay.delete(id);
  return [
    send(approval.for, Approved.of({ number, txId, found, told: answer })),
    sleep(`end/${id}`),
    sleep(`again/${id}`),
  ];
}
