/**
 * The tip: how far the order of a city is, as each delegate and anchor knows it for itself: the newest head it has, with
 * signatures of more than two thirds of the stake.
 *
 *   delegate   own ledger --(every five seconds, if nothing came)--> newer than what was heard? --spread--> overlay
 *   everybody  overlay --heard--> of this city, a quorum, newer? --(job: its signatures)--> the tip; fit
 *   anchor     nothing came for a minute --ask--> a delegate's tip, checked as any other
 *
 * The heads between are left out: who needs each of them asks a ledger. Whoever of the delegates looks first
 * spreads, and what the others hear then puts off their own look; so one thing goes round in five to eight seconds,
 * none while the city rests, and what it costs does not grow with what the city orders.
 *
 * Safety: a tip only gets newer, and a quorum stands behind it. Two heads of one height with a quorum each mean that more
 * than a third of the stake lies: that is noted, passed on, and told to the own city of a delegate, which halts. Liveness: whoever has an honest neighbour, or reaches an
 * honest delegate within a few tries, is no more than about a minute behind. Nothing is durable. Bounds: `CHECKS_MAX` at a time.
 */
import { attempt } from '#lib/attempt.ts';
import { same } from '#lib/bytes.ts';
import { headDigest, isQuorumOf, quorumVerifyJobs } from '../city-batch.ts';
import { toBytes, whole } from '../codec.ts';
import { Forked } from '../dag.messages.ts';
import {
  ask,
  compute,
  note,
  reply,
  send,
  wake,
  type Effect,
  type Moment,
  type Plain,
  type Signal,
  type Spoken,
  type Step,
} from '../effect.ts';
import { AskChain, type Chained, type HandedOver } from '../ledger.messages.ts';
import {
  askOn,
  copyOf,
  LINEAGE,
  told as toldCopy,
  verified as verifiedCopy,
  type LineageCopy,
} from '../lineage-copy.ts';
import { committeeFor, newestIn } from '../lineage.ts';
import { Judged, Spread, type Heard } from '../overlay.messages.ts';
import type { Self } from '../self.ts';
import { address, nodeToken, type Address, type NodeAddress } from '../subjects.ts';
import { AskTip, Tip, TipTold, type TipHears, type TipSays } from '../tip.messages.ts';

export const TIP = 'tip';
export const tipOf = (node: NodeAddress): Address => address(node, TIP);
/** A delegate looks at its ledger when nothing came for so long, and up to half as much more. */
export const LOOK_MS = 5_000;
/** An anchor asks a delegate. */
export const ASK_MS = 60_000;
const WITHIN_MS = 2_000;
const CHECKS_MAX = 4;
const LOOK = 'look';
const FAR = 'far';
const NEWEST = 'newest';
const ASKED = 'asked';
const VERIFY = 'tip.verify';

interface Known {
  readonly tip: Tip;
  readonly digest: Uint8Array;
}

/** Its signatures are being verified. */
interface Check extends Known {
  /** Who passed it on waits for a word; nobody does where we asked. */
  readonly id: Uint8Array | undefined;
}

export interface Tips {
  readonly self: Self;
  readonly copy: LineageCopy;
  readonly isDelegate: boolean;
  known: Known | undefined;
  checks: number;
  readonly checking: Map<number, Check>;
}

type Said = readonly Effect<TipSays>[];
type Did = Step<Tips, TipSays>;

export function begin(self: Self, at: Moment): Did {
  const { genesis, node } = self;
  const state: Tips = {
    self,
    copy: copyOf(genesis),
    isDelegate: genesis.delegates.some((each) => each.node === node),
    known: undefined,
    checks: 0,
    checking: new Map(),
  };
  return [state, [wake(LOOK, 1 + at.entropy.below(LOOK_MS))]];
}

export function step(state: Tips, input: TipHears | Signal, at: Moment): Did {
  return [state, heard(state, input, at)];
}

function heard(state: Tips, input: TipHears | Signal, at: Moment): Said {
  switch (input.kind) {
    case 'tip.ask':
      return reply(at, TipTold.of({ tip: state.known?.tip }));
    case 'overlay.heard':
      return at.from === overlayHere(state) ? spreadTo(state, input, at) : [];
    case 'wake':
      return look(state, at);
    case 'answered':
      return answered(state, input.id, input.message, at);
    case 'unanswered':
      return input.id === LINEAGE ? copied(state, undefined) : [];
    case 'computed':
      if (input.id === LINEAGE) verifiedCopy(state.copy, input.output as readonly boolean[]);
      return input.id === LINEAGE ? [] : verified(state, Number(input.id), input.output, at);
    case 'uncomputed':
      if (input.id === LINEAGE) verifiedCopy(state.copy, undefined);
      return input.id === LINEAGE ? [] : settled(state, Number(input.id), 'stale');
    default:
      return [];
  }
}

/** By its role: what is here on every node of the overlay. */
const overlayHere = ({ self }: Tips): Address => address(self.node, 'overlay');

/** Nothing came for a while: a delegate asks its ledger, an anchor somebody else. */
function look(state: Tips, at: Moment): Said {
  const { self, isDelegate, known } = state;
  const further = { from: (known?.tip.head.height ?? 0) + 1, count: 1 };
  const question = isDelegate
    ? ask(FAR, address(self.node, 'ledger'), AskChain.of(further), WITHIN_MS)
    : ask(ASKED, tipOf(anyDelegate(self, at)), AskTip.of({}), WITHIN_MS);
  return [question, lookLater(state, at)];
}

const anyDelegate = ({ genesis }: Self, { entropy }: Moment): NodeAddress =>
  genesis.delegates[entropy.below(genesis.delegates.length)]!.node;

function lookLater({ isDelegate, known }: Tips, { entropy }: Moment): Effect<never> {
  const ms = isDelegate || known === undefined ? LOOK_MS : ASK_MS;
  return wake(LOOK, ms + entropy.below(ms / 2));
}

/** Our own ledger has verified what it says of epochs; any other's word is verified here. */
const copied = ({ copy, isDelegate }: Tips, said: HandedOver | undefined): Said =>
  toldCopy(copy, said, isDelegate ? undefined : VERIFY);

function answered(state: Tips, id: string, message: Spoken, at: Moment): Said {
  if (id === LINEAGE) return copied(state, message as HandedOver);
  if (id === ASKED) {
    const { tip } = message as TipTold;
    return tip === undefined ? [] : consider(state, tip, undefined, at);
  }
  const { height, batches } = message as Chained;
  const newest = batches.find(({ batch }) => batch.head.height === height);
  const isNewer = height > (state.known?.tip.head.height ?? 0);
  if (newest !== undefined && isNewer) {
    const { batch, quorum } = newest;
    return spread(state, { head: batch.head, quorum });
  }
  if (id === NEWEST || !isNewer) return [];
  const question = AskChain.of({ from: height, count: 1 });
  return [ask(NEWEST, address(state.self.node, 'ledger'), question, WITHIN_MS)];
}

/** Our own ledger has it: nobody here needs to verify it once more. */
function spread(state: Tips, tip: Tip): Said {
  state.known = { tip, digest: headDigest(tip.head) };
  const payload = toBytes(Tip, tip);
  return [send(overlayHere(state), Spread.of({ topic: 'city-head', payload }))];
}

function spreadTo(state: Tips, { id, payload }: Heard, at: Moment): Said {
  const tip = attempt(() => whole(Tip, payload));
  if (tip === undefined) return judge(state, id, 'unfit');
  return consider(state, tip, id, at);
}

type Verdict = Judged['verdict'];
const judge = (state: Tips, id: Uint8Array | undefined, verdict: Verdict): Said =>
  id === undefined ? [] : [send(overlayHere(state), Judged.of({ id, verdict }))];

const ledgerFor = ({ self, isDelegate }: Tips, at: Moment): Address =>
  address(isDelegate ? self.node : anyDelegate(self, at), 'ledger');

/** What costs nothing first; then its signatures. */
function consider(state: Tips, tip: Tip, id: Uint8Array | undefined, at: Moment): Said {
  const { self, copy, known, checking } = state;
  const { head, quorum } = tip;
  if (head.place !== self.genesis.place) return judge(state, id, 'unfit');
  // Of an epoch of which we have not heard: it comes again when we have.
  if (head.epoch > newestIn(copy.lineage))
    return [...judge(state, id, 'stale'), ...askOn(copy, ledgerFor(state, at))];
  const committee = committeeFor(copy.lineage, head);
  if (committee === undefined || !isQuorumOf(committee, quorum)) return judge(state, id, 'unfit');
  const digest = headDigest(head);
  const isOld = known !== undefined && !isNews(known, { tip, digest });
  if (isOld || checking.size >= CHECKS_MAX) return judge(state, id, 'stale');
  const number = ++state.checks;
  checking.set(number, { tip, digest, id });
  const { network } = self.genesis;
  const jobs = quorumVerifyJobs(network, committee, head, quorum);
  return [compute(String(number), VERIFY, jobs as unknown as Plain), lookLater(state, at)];
}

/** Later than what is known, or another one of the same height. */
const isNews = ({ tip: old, digest: its }: Known, { tip: { head }, digest }: Known): boolean =>
  head.height > old.head.height || (head.height === old.head.height && !same(its, digest));

function verified(state: Tips, number: number, output: Plain, at: Moment): Said {
  const check = state.checking.get(number);
  const isGood = (output as readonly boolean[]).every(Boolean);
  if (check === undefined || !isGood) return settled(state, number, 'unfit');
  const { self, known } = state;
  const { tip, digest } = check;
  if (
    known !== undefined &&
    tip.head.height === known.tip.head.height &&
    !same(digest, known.digest)
  ) {
    self.probe.sometimes('tip: two heads of one height');
    const fact = { height: tip.head.height, isForked: true };
    const fork = Forked.of({ fork: { one: known.tip, other: tip } });
    return [
      note(`tip.${nodeToken(self.node)}`, fact),
      ...(state.isDelegate ? [send(address(self.node, 'city'), fork)] : []),
      ...settled(state, number, 'fit'),
    ];
  }
  if (known === undefined || tip.head.height > known.tip.head.height) {
    self.probe.sometimes('tip: a newer head was heard');
    state.known = { tip, digest };
  }
  return [...settled(state, number, 'fit'), lookLater(state, at)];
}

function settled(state: Tips, number: number, verdict: Verdict): Said {
  const check = state.checking.get(number);
  state.checking.delete(number);
  return judge(state, check?.id, verdict);
}
