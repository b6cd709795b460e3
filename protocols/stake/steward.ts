/**
 * The steward of a delegate: says in the order what its delegate owes the city.
 *
 *   own ledger --(stakes)--> second half of an epoch, not drawn yet --> act `draw`
 *   own city, members of the levels above it --(evidence)--> against
 *                    a delegate that has no tombstone ----------------> act `accuse`
 *                                                              signed by a job --> own ledger
 *
 * It looks every `LOOK_MS` and keeps nothing: what is not in the order when it looks next it says again. A draw is the same
 * act each time, as long as ledgers take it: a new one each second would fill a city that stands still. Delegates bring
 * the same evidence one after another, each at its own turn, so that as a rule one act is ordered and not n. Draws come
 * late in an epoch, so that in a city that is else idle they cannot make epochs go on by themselves.
 *
 * What a delegate has signed above its city the members there know, of whatever city they are: one of them after another is
 * asked, by each delegate at its turn. What they say is nothing before ledgers have verified it.
 *
 * Cost: two questions within the node every `LOOK_MS`, of all delegates together one to a member of a level; an act of each
 * delegate an epoch.
 */
import { stampBytes } from '#algorithms/clock/hlc.ts';
import type { Proven } from '#algorithms/vrf.ts';
import { accusedOf, epochOf, type Accusation } from '../accusation.ts';
import { ACT_MS_MAX, actSignJob, type Act, type Says, type SignedAct } from '../act.ts';
import { AskAccused, type Accusations } from '../dag.messages.ts';
import {
  ask,
  compute,
  NOTHING,
  send,
  wake,
  type Effect,
  type Moment,
  type Plain,
  type Signal,
  type Step,
} from '../effect.ts';
import { AskStakes, OfferAct, type Staked } from '../ledger.messages.ts';
import { Accused, type Accusations as LevelAccusations } from '../level.messages.ts';
import type { LevelFault } from '../level-evidence.ts';
import type { Self } from '../self.ts';
import type { StakeHears, StakeSays } from '../stake.messages.ts';
import { address } from '../subjects.ts';
import type { DagEquivocation } from '../vertex-head.ts';
import { drawJob } from './draw.ts';
import { batchesAt, isYoung } from './stakes.ts';

const LOOK_MS = 1_000;
/** Less than that: one question at a time. */
const ANSWER_MS = 900;
/** Ledgers do not take an act that is much older: then it is signed anew. */
const SAME_MS = ACT_MS_MAX / 2;
const [LOOK, STAKES, ACCUSED, ABOVE, DRAW] = [
  'look',
  'stakes',
  'accused',
  'above/',
  'draw',
] as const;
const SIGN = 'sign/';

type Effects = readonly Effect<StakeSays>[];

interface Drew {
  readonly epoch: number;
  readonly act: SignedAct;
  readonly at: number;
}

export interface Steward {
  readonly self: Self;
  /** Its place among the delegates. */
  readonly own: number;
  looks: number;
  /** Of each member of a level: from where on its evidence is asked for next. */
  readonly above: Map<number, number>;
  /** As the ledger said last. */
  told: Staked | undefined;
  /** The epoch that it draws for, while the pool works. */
  drawing: number | undefined;
  /** The draw that it said last. */
  drew: Drew | undefined;
  signs: number;
  /** On their way to be signed; what is lost there is said again. */
  readonly acts: Map<string, Act>;
}

type Did = Step<Steward, StakeSays>;

export function begin(self: Self): Did {
  const own = self.genesis.delegates.findIndex(({ node }) => node === self.node);
  const nothing = { told: undefined, drawing: undefined, drew: undefined };
  const state = { self, own, looks: 0, above: new Map(), ...nothing, signs: 0, acts: new Map() };
  return [state, [wake(LOOK, LOOK_MS)]];
}

export const step = (state: Steward, input: StakeHears | Signal, at: Moment): Did => [
  state,
  effectsOf(state, input, at),
];

function effectsOf(state: Steward, input: StakeHears | Signal, at: Moment): Effects {
  switch (input.kind) {
    case 'wake':
      return look(state);
    case 'answered':
      return answered(state, input.id, input.message as StakeHears, at);
    case 'computed':
      return input.id === DRAW
        ? drawn(state, input.output as unknown as Proven, at)
        : signed(state, input.id, input.output as Uint8Array, at);
    case 'uncomputed':
      state.drawing = undefined;
      state.acts.delete(input.id);
      return NOTHING;
    default:
      return NOTHING;
  }
}

function answered(state: Steward, id: string, message: StakeHears, at: Moment): Effects {
  if (id === STAKES) return staked(state, message as Staked, at);
  if (id.startsWith(ABOVE)) return toldAbove(state, id, message as LevelAccusations, at);
  return accuse(state, (message as Accusations).accusations.map(ofCity), at);
}

/** Of a level whoever has more than fits into a message is asked for the rest at the next turn. */
function toldAbove(state: Steward, id: string, { all, next }: LevelAccusations, at: Moment) {
  state.above.set(Number(id.slice(ABOVE.length)), next);
  return accuse(state, all.map(ofLevel), at);
}

const ofLevel = (each: LevelFault): Accusation => ({ fault: 'level-fault', ...each });
const ofCity = (each: DagEquivocation): Accusation => ({ fault: 'dag-equivocation', ...each });

function look(state: Steward): Effects {
  state.looks++;
  const ledger = address(state.self.node, 'ledger');
  return [wake(LOOK, LOOK_MS), ask(STAKES, ledger, AskStakes.of({}), ANSWER_MS)];
}

/** The evidence is asked for once it is known who has a tombstone. */
function staked(state: Steward, told: Staked, at: Moment): Effects {
  state.told = told;
  const { self, own, looks } = state;
  const isTurn = looks % self.genesis.delegates.length === own;
  return [...(isTurn ? seekEvidence(state) : []), ...draw(state, told, at)];
}

/** Of our own city, and of one of those above it. */
function seekEvidence({ self, looks, own, above: pages }: Steward): Effects {
  const { above = [], node, genesis } = self;
  const turn = Math.floor(looks / genesis.delegates.length) + own;
  const city = ask(ACCUSED, address(node, 'city'), AskAccused.of({}), ANSWER_MS);
  const which = turn % Math.max(1, above.length);
  const one = above[which];
  if (one === undefined) return [city];
  const from = pages.get(which) ?? 0;
  return [city, ask(ABOVE + which, one, Accused.of({ from }), ANSWER_MS)];
}

function draw(state: Steward, { stakes, height, rules }: Staked, { now }: Moment): Effects {
  const { self, own, drew } = state;
  const isLate = 2 * batchesAt(stakes, height) >= rules.epochBatches;
  const hasDrawn = stakes.delegates[own]?.hasDrawn ?? true;
  if (!isLate || hasDrawn || state.drawing === stakes.epoch) return NOTHING;
  if (drew?.epoch === stakes.epoch && now - drew.at < SAME_MS) return [offer(self, drew.act)];
  state.drawing = stakes.epoch;
  const job = drawJob(self.genesis, stakes, self.secrets.vrf);
  return [compute(DRAW, 'stake.draw', job as unknown as Plain)];
}

function drawn(state: Steward, { proof, output }: Proven, at: Moment): Effects {
  const epoch = state.drawing;
  state.drawing = undefined;
  return epoch === undefined ? NOTHING : say(state, { says: 'draw', epoch, proof, output }, at);
}

/** What convicts somebody who is not convicted yet: one of it. */
function accuse(state: Steward, all: readonly Accusation[], at: Moment): Effects {
  const { told, self } = state;
  if (told === undefined) return NOTHING;
  const { stakes, rules } = told;
  const fault = all.find((each) => {
    const who = self.genesis.delegates.findIndex(({ node }) => node === accusedOf(each));
    const epoch = epochOf(each) ?? stakes.epoch;
    return (
      stakes.delegates[who]?.offence === undefined && who >= 0 && isYoung(stakes, rules, epoch)
    );
  });
  return fault === undefined ? NOTHING : say(state, { says: 'accuse', fault }, at);
}

function say(state: Steward, what: Says, { wall }: Moment): Effects {
  const { self, acts } = state;
  const { place, network } = self.genesis;
  const at = stampBytes({ wallMs: Math.floor(wall), count: 0 });
  const act: Act = { version: 1, place, about: undefined, at, what };
  const id = `${SIGN}${++state.signs}`;
  acts.set(id, act);
  const job = actSignJob(network, act, self.secrets.signing);
  return [compute(id, 'stake.sign', job as unknown as Plain)];
}

function signed(state: Steward, id: string, signature: Uint8Array, { now }: Moment): Effects {
  const { self, own, acts } = state;
  const act = acts.get(id);
  acts.delete(id);
  if (act === undefined) return NOTHING;
  const made = { act, key: self.genesis.delegates[own]!.signing, signature };
  if (act.what.says === 'draw') state.drew = { epoch: act.what.epoch, act: made, at: now };
  return [offer(self, made)];
}

const offer = ({ node }: Self, act: SignedAct): Effect<StakeSays> =>
  send(address(node, 'ledger'), OfferAct.of({ act }));
