/**
 * The heart of a node: keeps it on the node list of its city.
 *
 *   away --knock--> nonce --(sign)--> login --> welcome --(open)--> in: beat, beat, beat, beat ... echo
 *     ^                                                              |
 *     '--- refused | silence: the next presence, or the one named ---'
 *
 * A beat a second says how much room there is, how busy the node is (how late its own timer came) and
 * how far presence is (the echo of each fourth beat). Without an echo for `SILENCE_MS`, or refused, it
 * logs in again: with the presence that it is referred to, else with one after the other. Each try waits
 * longer, with chance in it, so that ten thousand hearts do not come back in one moment.
 *
 * Signing and opening are jobs. On `stop` it logs out. Nothing is durable.
 */
import type { DecapsulateJob } from '#algorithms/kem.ts';
import { sealingKeyOf } from '#algorithms/kem.ts';
import { verifyingKeyOf } from '#algorithms/signature.ts';
import { assert } from '#lib/assert.ts';
import { same } from '#lib/bytes.ts';
import { loginJob, type Login, type SignedGrant } from './credential.ts';
import {
  compute,
  NOTHING,
  send,
  wake,
  type Effect,
  type Moment,
  type Plain,
  type Signal,
  type Step,
} from './effect.ts';
import type { HolderRole } from './eligibility.ts';
import {
  Beat,
  Knock,
  LogIn,
  LogOut,
  type Echo,
  type HeartHears,
  type HeartSays,
  type Nonce,
  type PresenceRefused,
  type RefusalReason,
  type Welcome,
} from './presence.messages.ts';
import { isTagOf, sessionKey, tagOf } from './presence/session.ts';
import type { Self } from './self.ts';
import { address, type Address } from './subjects.ts';
import type { SealingKey, VerifyingKey } from './terms.ts';

export const BEAT_MS = 1_000;
/** An echo comes every four beats: one may be lost. */
export const SILENCE_MS = 9_000;
/** No answer to a knock or a login. */
const ANSWER_MS = 3_000;
/** Before the next try: the least, doubled with each failure, with as much chance on top. */
interface Pause {
  readonly leastMs: number;
  readonly mostMs: number;
}
/** Somebody will take us soon, here or elsewhere. */
const SHORT: Pause = { leastMs: 125, mostMs: 4_000 };
/** Refused for what we are; and a presence verifies one login of a node in a second. */
const LONG: Pause = { leastMs: 1_100, mostMs: 60_000 };
const SOON: ReadonlySet<RefusalReason> = new Set(['busy', 'elsewhere', 'stale-nonce']);
const ROUND_TRIP_US_MAX = 60_000_000;
const WAKE = 'beat';
const AGAIN = 'again';
const SIGN = 'sign';
const OPEN = 'open';

export interface HeartOptions {
  readonly self: Self;
  readonly role: HolderRole;
  readonly operator: Uint8Array;
  readonly device: Uint8Array;
  /** Of lights; an anchor has a contract. */
  readonly grant?: SignedGrant | undefined;
  /** Until its holder says how much there is. */
  readonly freeBytes: number;
}

type Phase = 'away' | 'knocked' | 'signing' | 'asked' | 'opening' | 'in';

export interface Heart {
  readonly of: HeartOptions;
  readonly verifying: VerifyingKey;
  readonly sealing: SealingKey;
  /** Which delegate's presence. */
  at: number;
  phase: Phase;
  since: number;
  failures: number;
  login: Login | undefined;
  key: Uint8Array | undefined;
  number: number;
  freeBytes: number;
  roundTripUs: number;
  sentAt: Map<number, number>;
  echoedAt: number;
  dueAt: number;
}

type Did = Step<Heart, HeartSays>;
type Said = readonly Effect<HeartSays>[];

export function begin(of: HeartOptions, at: Moment): Did {
  const { signing, sealing } = of.self.secrets;
  const heart: Heart = {
    of,
    verifying: { suite: signing.suite, key: verifyingKeyOf(signing.suite, signing.seed) },
    sealing: { suite: sealing.suite, key: sealingKeyOf(sealing.suite, sealing.seed) },
    at: 0,
    phase: 'away',
    since: at.now,
    failures: 0,
    login: undefined,
    key: undefined,
    number: 0,
    freeBytes: of.freeBytes,
    roundTripUs: 0,
    sentAt: new Map(),
    echoedAt: at.now,
    dueAt: at.now + BEAT_MS,
  };
  return [heart, [...knock(heart, at), wake(WAKE, BEAT_MS)]];
}

export function step(heart: Heart, input: HeartHears | Signal, at: Moment): Did {
  switch (input.kind) {
    case 'presence.nonce':
      return [heart, challenged(heart, input, at)];
    case 'presence.welcome':
      return [heart, welcomed(heart, input, at)];
    case 'presence.refused':
      return [heart, refused(heart, input, at)];
    case 'presence.echo':
      return [heart, echoed(heart, input, at)];
    case 'heart.room':
      heart.freeBytes = input.bytesFree;
      return [heart, NOTHING];
    case 'computed':
      return [heart, computed(heart, input.id, input.output, at)];
    case 'uncomputed':
      return [heart, away(heart, at)];
    case 'wake':
      return [heart, input.id === AGAIN ? again(heart, at) : beat(heart, at)];
    case 'stop':
      return [heart, logOut(heart)];
    default:
      return [heart, NOTHING];
  }
}

/** Whether the node is on the list, as far as its heart knows. */
export const isIn = ({ phase }: Heart): boolean => phase === 'in';

const presenceOf = ({ of, at }: Heart): Address =>
  address(of.self.genesis.delegates[at]!.node, 'presence');

function enter(heart: Heart, phase: Phase, now: number): void {
  heart.phase = phase;
  heart.since = now;
}

function knock(heart: Heart, { now }: Moment): Said {
  enter(heart, 'knocked', now);
  return [send(presenceOf(heart), Knock.of({}))];
}

/** Rests for a while, longer each time, and then tries the next presence. */
function away(heart: Heart, at: Moment): Said {
  const { delegates } = heart.of.self.genesis;
  heart.at = (heart.at + 1) % delegates.length;
  return rest(heart, at, SHORT);
}

function rest(heart: Heart, { now, entropy }: Moment, { leastMs, mostMs }: Pause): Said {
  const pauseMs = Math.min(mostMs, leastMs * 2 ** Math.min(heart.failures++, 10));
  const inMs = pauseMs + entropy.below(pauseMs);
  heart.key = undefined;
  enter(heart, 'away', now);
  return [wake(AGAIN, inMs)];
}

const again = (heart: Heart, at: Moment): Said =>
  heart.phase === 'away' ? knock(heart, at) : NOTHING;

function challenged(heart: Heart, { nonce }: Nonce, { from, now }: Moment): Said {
  if (heart.phase !== 'knocked' || from !== presenceOf(heart)) return NOTHING;
  const { self, role, operator, device } = heart.of;
  const { verifying, sealing, freeBytes } = heart;
  const { node } = self;
  const login = {
    node,
    role,
    verifying,
    sealing,
    operator,
    device,
    freeBytes,
    nonce,
    server: from,
  };
  heart.login = login;
  enter(heart, 'signing', now);
  const job = loginJob(self.genesis.network, login, self.secrets.signing);
  return [compute(SIGN, 'presence.sign', job as unknown as Plain)];
}

function computed(heart: Heart, id: string, output: Plain, at: Moment): Said {
  const { phase, of, login } = heart;
  if (id === SIGN && phase === 'signing' && output instanceof Uint8Array) {
    enter(heart, 'asked', at.now);
    const proof = { login: login!, grant: of.grant, signature: output };
    return [send(presenceOf(heart), LogIn.of({ proof }))];
  }
  if (id !== OPEN || phase !== 'opening') return NOTHING;
  return output instanceof Uint8Array ? begun(heart, output, at) : away(heart, at);
}

function welcomed(heart: Heart, { nonce, ciphertext }: Welcome, { from, now }: Moment): Said {
  const { phase, login, of } = heart;
  const isOurs = login !== undefined && same(login.nonce, nonce) && from === presenceOf(heart);
  if (phase !== 'asked' || !isOurs) return NOTHING;
  enter(heart, 'opening', now);
  const job: DecapsulateJob = { ...of.self.secrets.sealing, ciphertext };
  return [compute(OPEN, 'presence.open', job as unknown as Plain)];
}

/** In. The first beat goes at once: presence knows that the session stands, and hears of the room. */
function begun(heart: Heart, secret: Uint8Array, at: Moment): Said {
  heart.key = sessionKey(secret, heart.login!.nonce);
  [heart.number, heart.failures, heart.echoedAt] = [0, 0, at.now];
  heart.sentAt.clear();
  enter(heart, 'in', at.now);
  return said(heart, at, 0);
}

function refused(heart: Heart, { reason, active }: PresenceRefused, at: Moment): Said {
  if (at.from !== presenceOf(heart) || heart.phase === 'away') return NOTHING;
  const { delegates } = heart.of.self.genesis;
  const named = delegates.findIndex(({ node }) => node === active);
  if (reason === 'elsewhere' && named >= 0 && named !== heart.at) {
    heart.at = named;
    // At once, the first time; two presences that name each other get no storm.
    if (heart.failures++ === 0) return knock(heart, at);
  }
  return rest(heart, at, SOON.has(reason) || heart.phase === 'in' ? SHORT : LONG);
}

function echoed(heart: Heart, { number, mac }: Echo, { now, from }: Moment): Said {
  const { key, sentAt } = heart;
  const sent = sentAt.get(number);
  if (key === undefined || sent === undefined || from !== presenceOf(heart)) return NOTHING;
  if (!isTagOf(mac, key, 'echo', number)) return NOTHING;
  const tookUs = Math.min(ROUND_TRIP_US_MAX, Math.floor((now - sent) * 1_000));
  heart.roundTripUs =
    heart.roundTripUs === 0 ? tookUs : Math.floor((3 * heart.roundTripUs + tookUs) / 4);
  for (const known of sentAt.keys()) if (known <= number) sentAt.delete(known);
  heart.echoedAt = now;
  return NOTHING;
}

/** Once a second, whatever the phase. */
function beat(heart: Heart, at: Moment): Said {
  const { now } = at;
  const lateMs = Math.max(0, now - heart.dueAt);
  heart.dueAt = now + BEAT_MS;
  return [...beaten(heart, at, lateMs), wake(WAKE, BEAT_MS)];
}

function beaten(heart: Heart, at: Moment, lateMs: number): Said {
  const { phase, since, echoedAt } = heart;
  if (phase === 'away') return NOTHING;
  if (phase === 'in')
    return at.now < echoedAt + SILENCE_MS ? said(heart, at, lateMs) : away(heart, at);
  return at.now >= since + ANSWER_MS ? away(heart, at) : NOTHING;
}

/** Late by a second and more is as busy as can be. */
function said(heart: Heart, { now }: Moment, lateMs: number): Said {
  assert(heart.key !== undefined, 'who is in has a session');
  const number = ++heart.number;
  const { freeBytes, roundTripUs } = heart;
  const words = { freeBytes, loadPermille: Math.min(1_000, Math.floor(lateMs)), roundTripUs };
  heart.sentAt.set(number, now);
  if (heart.sentAt.size > (2 * SILENCE_MS) / BEAT_MS)
    heart.sentAt.delete(heart.sentAt.keys().next().value!);
  const mac = tagOf(heart.key, 'beat', number, words);
  return [send(presenceOf(heart), Beat.of({ number, ...words, mac }))];
}

function logOut(heart: Heart): Said {
  const { key, phase } = heart;
  if (phase !== 'in' || key === undefined) return NOTHING;
  const number = ++heart.number;
  heart.phase = 'away';
  return [send(presenceOf(heart), LogOut.of({ number, mac: tagOf(key, 'logout', number) }))];
}

export function invariants({ phase, key, sentAt }: Heart): void {
  assert(phase !== 'in' || key !== undefined, 'who is in has a session');
  assert(sentAt.size <= (2 * SILENCE_MS) / BEAT_MS, 'so many beats wait for an echo');
}
