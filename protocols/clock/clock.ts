/**
 * The clock of a delegate: leads the time of its city by what the clocks of all delegates show, of which less than
 * a third of the stake may lie, jump or stand still.
 *
 *   clock.ask --> each of the others --> clock.told: its time of day         an interval that surely holds how far its
 *                                                                            clock is from our monotonic one (offset.ts)
 *   the last 8 of each, the narrowest --.
 *   our own time of day ----------------'--> agreement, else common ground --> middle: where our time is led,
 *                                                                              slowly, and never back
 *                                            half of it, and how far we are --> uncertainty: said to all, and measured
 *
 * Followed are the clocks of machines as they are, not as they are led. So nobody follows who follows him: what is led
 * cannot run away together from the time of day, and liars who are patient move nothing either.
 *
 * Safety: nothing here decides. Where we lead our time to lies within the clocks of honest delegates, or between them
 * (agreement.ts); a clock of ours that jumps is one that lies, to us as to the others. The first time of a life is taken as
 * it is found. After that ours goes up to 500 ppm faster or slower; if it is off by more than `UNSURE_US`, it goes forward
 * at once, and stands still where it would have to go back. What an order is stamped with is bounded by votes
 * (dag/when.ts), whatever a clock does.
 *
 * Stepping aside: whoever is more than `UNSURE_US` from what the others call time would name batches that they wait
 * with. It names nothing in its turns, and says so; but only while those who are sure have more than two thirds of the
 * stake. If all are unsure (a time server that set half of them), all go on: a city that stops is worse than one
 * whose batches are voted for late.
 *
 * Cost: each delegate asks each other one every four seconds, four times a second until it has its time. Nothing is kept.
 */
import { agreement, commonGround, type Interval, type Voice } from '#algorithms/clock/agreement.ts';
import {
  errorUs,
  ledTo,
  middleUs,
  offsetAt,
  setTo,
  SLEWING_US,
  STANDING_US,
  type Discipline,
} from '#algorithms/clock/discipline.ts';
import { aged, bestOf, sampleOf, withSample, type Sample } from '#algorithms/clock/offset.ts';
import { AskTime, Led, ToldTime, type ClockHears, type ClockSays } from '../clock.messages.ts';
import type { Committee } from '../committee.ts';
import {
  ask,
  note,
  NOTHING,
  reply,
  send,
  wake,
  type Effect,
  type Moment,
  type Signal,
  type Step,
} from '../effect.ts';
import { figure } from '../figures.ts';
import { isQuorum, stakeOf } from '../genesis.ts';
import type { Self } from '../self.ts';
import { address, nodeOf, type NodeAddress } from '../subjects.ts';

/** As the design has it: beyond that a delegate is no leader. */
export const UNSURE_US = 250_000;
const LOOK_MS = 250;
/** Looks between two questions, once the time is known. */
const LOOKS = 16;
const WITHIN_MS = 2_000;
/** Of one asker between two looks; one is honest, and another one after a restart. */
const ASKED_MAX = 4;
/** Both clocks of an exchange show whole milliseconds. */
const RESOLUTION_US = 1_000;
const US = 1_000;
const LOOK = 'look';

interface Peer {
  readonly stake: bigint;
  samples: readonly Sample[];
  sentUs: number | undefined;
  /** As it said last; not known where it does not know. */
  uncertaintyUs: number | undefined;
  asked: number;
}

export interface Clock {
  readonly self: Self;
  readonly stake: bigint;
  readonly whole: bigint;
  readonly peers: ReadonlyMap<NodeAddress, Peer>;
  /** None as long as too few have answered. */
  led: Discipline | undefined;
  /** The last that was agreed on, of the offset between the others' time and our monotonic clock. */
  agreed: Sample | undefined;
  stepsAside: boolean;
  looks: number;
}

type Effects = readonly Effect<ClockSays>[];
type Did = Step<Clock, ClockSays>;

export function begin(self: Self, { members }: Committee): Did {
  const others = members.filter(({ node }) => node !== self.node);
  const clock: Clock = {
    self,
    stake: members.find(({ node }) => node === self.node)?.stake ?? 0n,
    whole: stakeOf({ delegates: members }),
    peers: new Map(others.map(({ node, stake }) => [node, strangerWith(stake)])),
    led: undefined,
    agreed: undefined,
    stepsAside: false,
    looks: 0,
  };
  return [clock, [wake(LOOK, 0)]];
}

const strangerWith = (stake: bigint): Peer => ({
  stake,
  samples: [],
  sentUs: undefined,
  uncertaintyUs: undefined,
  asked: 0,
});

export const step = (clock: Clock, input: ClockHears | Signal, at: Moment): Did => [
  clock,
  effectsOf(clock, input, at),
];

function effectsOf(clock: Clock, input: ClockHears | Signal, at: Moment): Effects {
  switch (input.kind) {
    case 'clock.ask':
      return asked(clock, at);
    case 'answered':
      return told(clock, input.id as NodeAddress, input.message as ToldTime, at);
    case 'unanswered':
      clock.peers.get(input.id as NodeAddress)!.sentUs = undefined;
      return NOTHING;
    case 'wake':
      return look(clock, at);
    default:
      return NOTHING; // Nobody asked: answers come as signals.
  }
}

/** Only who votes is told, and not more often than it has a use for. */
function asked(clock: Clock, at: Moment): Effects {
  const peer = at.from === undefined ? undefined : clock.peers.get(nodeOf(at.from));
  if (peer === undefined) return NOTHING;
  if (++peer.asked > ASKED_MAX) return refused('asks-too-often');
  const wallMs = Math.max(0, Math.floor(at.wall));
  return reply(at, ToldTime.of({ wallMs, uncertaintyUs: uncertaintyOf(clock, at.now * US) }));
}

const refused = (why: 'asks-too-often' | 'impossible-time'): Effects => [
  figure('city_chain_clock_refused_total', 1, why),
];

function told(clock: Clock, node: NodeAddress, said: ToldTime, { now }: Moment): Effects {
  const peer = clock.peers.get(node)!;
  const { sentUs } = peer;
  peer.sentUs = undefined;
  const [returnedUs, wallUs] = [now * US, said.wallMs * US];
  const times = { sentUs: sentUs!, receivedUs: wallUs, answeredUs: wallUs, returnedUs };
  const sample = sampleOf(times);
  if (sample === undefined) return refused('impossible-time');
  peer.samples = withSample(peer.samples, widened(sample, RESOLUTION_US));
  peer.uncertaintyUs = said.uncertaintyUs;
  return NOTHING;
}

const widened = ({ lowUs, highUs, atUs }: Sample, byUs: number): Sample => ({
  lowUs: lowUs - byUs,
  highUs: highUs + byUs,
  atUs,
});

function look(clock: Clock, at: Moment): Effects {
  const nowUs = at.now * US;
  for (const peer of clock.peers.values()) peer.asked = 0;
  lead(clock, nowUs, at.wall * US);
  const isDue = clock.led === undefined || clock.looks++ % LOOKS === 0;
  const questions = isDue ? askAll(clock, nowUs) : NOTHING;
  return [...questions, ...said(clock, nowUs), wake(LOOK, LOOK_MS)];
}

function askAll({ peers }: Clock, nowUs: number): Effects {
  return [...peers].flatMap(([node, peer]) => {
    if (peer.sentUs !== undefined) return [];
    peer.sentUs = nowUs;
    return [ask(node, address(node, 'clock'), AskTime.of({}), WITHIN_MS)];
  });
}

/** Where all clocks together say that we should be. */
function lead(clock: Clock, nowUs: number, wallUs: number): void {
  const found = offsetOf(clock, nowUs, wallUs);
  if (found === undefined) return;
  clock.agreed = { ...found, atUs: nowUs };
  const targetUs = Math.max(0, middleUs(found));
  clock.led = clock.led === undefined ? setTo(targetUs, nowUs) : ledOn(clock.led, targetUs, nowUs);
}

function ledOn(led: Discipline, targetUs: number, nowUs: number): Discipline {
  const behindUs = targetUs - offsetAt(led, nowUs);
  if (behindUs > UNSURE_US) return setTo(targetUs, nowUs);
  return ledTo(led, targetUs, nowUs, behindUs < -UNSURE_US ? STANDING_US : SLEWING_US);
}

/** As long as too few are heard of for liars to be fewer than the others, there is none. */
function offsetOf(clock: Clock, nowUs: number, wallUs: number): Interval | undefined {
  const { peers, stake, whole } = clock;
  const own = { lowUs: wallUs - nowUs - RESOLUTION_US, highUs: wallUs - nowUs + RESOLUTION_US };
  const voices: Voice[] = [{ ...own, weight: stake }];
  for (const { samples, stake: weight } of peers.values()) {
    const best = bestOf(samples, nowUs);
    if (best !== undefined) voices.push({ ...best, weight });
  }
  const lying = (whole - 1n) / 3n;
  return agreement(voices, whole - lying) ?? commonGround(voices, lying);
}

/** How far our time may be from what the others call time; not known where nothing was agreed on. */
export function uncertaintyOf({ led, agreed }: Clock, nowUs: number): number | undefined {
  if (led === undefined || agreed === undefined) return undefined;
  return Math.max(0, errorUs(aged(agreed, nowUs), offsetAt(led, nowUs)));
}

function said(clock: Clock, nowUs: number): Effects {
  const { self, led, stepsAside: did } = clock;
  const uncertaintyUs = uncertaintyOf(clock, nowUs);
  if (led === undefined || uncertaintyUs === undefined) return NOTHING;
  const isUnsure = uncertaintyUs > UNSURE_US;
  clock.stepsAside = isUnsure && areSure(clock);
  const { stepsAside } = clock;
  const measured = figure('city_chain_clock_uncertainty_seconds', uncertaintyUs / 1_000_000);
  const word = send(address(self.node, 'city'), Led.of({ ...led, stepsAside }));
  if (stepsAside === did) return [measured, word];
  self.probe.sometimes(
    stepsAside ? 'clock: a delegate stepped aside' : 'clock: a delegate is sure again',
  );
  const is = stepsAside ? 'unsure' : 'sure';
  return [
    measured,
    word,
    note('clock', { node: self.node, is, uncertaintyMs: uncertaintyUs / US }),
  ];
}

/** Whether of the others those who are sure have more than two thirds of the stake. */
function areSure({ peers, whole }: Clock): boolean {
  let sure = 0n;
  for (const { uncertaintyUs, stake } of peers.values())
    if (uncertaintyUs !== undefined && uncertaintyUs <= UNSURE_US) sure += stake;
  return isQuorum(sure, whole);
}
