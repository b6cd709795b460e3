/**
 * A link: one node's end of its conversation with one other node. It decides what leaves next, which
 * of the arrivals are delivered, what has to be repeated, and when the other is gone. It touches
 * neither wire nor clock: runtime/links/ carries out what it decides, in production as in simulation.
 *
 *   push --> outbox --(room; one lane at a time)--> frame --> wire       hear --> delivered
 *                            ^                        |                    |
 *                            '--- unconfirmed <--(reliable)                '--> a word is owed
 *
 * Safety: of the plain lane nothing is delivered twice or out of order; of the reliable lane, each
 * envelope once in each life of the receiver, in order. Liveness: as long as each end hears the other
 * again and again, the reliable lane is completed and whoever stands still gets going. Every frame
 * carries totals, so no single frame is needed for that.
 *
 * Order holds within a lane, and between the lanes for what is not repeated. Changes in place.
 */
import type { Writer } from '../codec.ts';
import { sizeOf, writeEnvelope, type Envelope } from '../envelope.ts';
import type { Address, NodeAddress } from '../subjects.ts';
import { Flow } from './flow.ts';
import {
  FRAME_BYTES,
  FRAME_ENVELOPES_MAX,
  writeHead,
  writeWord,
  type Frame,
  type Head,
  type Lane,
  type Word,
} from './frame.ts';
import { HELD_MAX, isNeverRefused, leavingNow, Outbox } from './outbox.ts';
import { Probes } from './probes.ts';
import { Pulse } from './pulse.ts';
import { Inlet, Outlet } from './reliable.ts';
import { Sequence } from './sequence.ts';

/** `stalled` counts standstills, everything else envelopes. */
export type LinkEvent = 'lost' | 'duplicate' | 'reordered' | 'stale' | 'stalled' | 'refused';
export type CountEvents = (what: LinkEvent, count: number) => void;

/** A number for a new life, greater than `above` and than all given before. */
export type NewLife = (above: number) => number;

/** A watch that may not have arrived. */
export type Watch = Extract<Envelope, { form: 'watch' | 'unwatch' }>;

export type Owed = 'nothing' | 'soon' | 'now';

/** Bugs that simulations plant to see that they are caught. */
export type PlantedBug = 'reordering-unnoticed';

/** Reliable envelopes got before they are confirmed at once. */
const UNTOLD_MAX = 64;
/** Lives at and above this are no clock's, and nobody is made to live after them. */
const LIFE_MAX = 2 ** 52 - 2 ** 32;
const NONE: readonly Envelope[] = [];

export class Link {
  readonly own: NodeAddress;
  readonly peer: NodeAddress;
  /** Of this end, and the number it was born with. */
  life: number;
  readonly born: number;
  readonly pulse = new Pulse();
  readonly flow = new Flow();
  readonly outbox = new Outbox();
  readonly outlet = new Outlet();
  readonly probes = new Probes();
  /** Something was written for the other end in this life. */
  hasSpoken = false;
  readonly #newLife: NewLife;
  readonly #count: CountEvents;
  readonly #bug: PlantedBug | undefined;
  readonly #sequence = new Sequence();
  readonly #inlet = new Inlet();
  /** The last number heard of each role that this node answers for. */
  readonly #roles = new Map<Address, number>();
  readonly #rolePulse = new Pulse();
  /** The number of the plain envelope to come. */
  #seq = 1;
  /** Reliable envelopes got since the other end was last told. */
  #untold = 0;
  #lacks = false;
  /** Something that only a word can say. */
  #hasWord = false;
  #isStalled = false;

  constructor(
    own: NodeAddress,
    peer: NodeAddress,
    newLife: NewLife,
    count: CountEvents,
    bug?: PlantedBug,
  ) {
    this.own = own;
    this.peer = peer;
    this.#newLife = newLife;
    this.life = this.born = newLife(0);
    this.#count = count;
    this.#bug = bug;
  }

  // --- out ------------------------------------------------------------------------------------------

  /** False: refused, since too much waits already. */
  push(envelope: Envelope, isReliable: boolean): boolean {
    const held = this.outbox.size + (isReliable ? this.outlet.unconfirmed.length : 0);
    if (held >= HELD_MAX && !isNeverRefused(envelope.form)) {
      this.#count('refused', 1);
      return false;
    }
    this.outbox.push(envelope, isReliable);
    return true;
  }

  /** Writes the next frame and says what is in it; `undefined` when nothing may leave. */
  write(writer: Writer, now: number): readonly Envelope[] | undefined {
    const first = this.outbox.peek(now);
    if (first === undefined && !this.outlet.mustRepeat) return undefined;
    if (!this.flow.hasRoom) return this.#stall(now);
    this.#isStalled = false;
    if (this.outlet.mustRepeat) return this.#repeat(writer);
    return this.#writeNew(writer, first!.isReliable, now);
  }

  /** Writes a word: no envelopes, but where this end stands. `asks` for the same of the other. */
  writeWord(writer: Writer, asks: boolean): void {
    const probe = asks ? this.probes.ask(this.outlet.next) : 0;
    writeHead(writer, this.#head('word', this.#seq));
    writeWord(writer, { probe, answers: this.probes.owed, lacks: this.#lacks });
    this.probes.owed = 0;
    this.#hasWord = false;
  }

  /** Whether the other end is to be told something without waiting for a frame to go along with. */
  get owed(): Owed {
    if (this.#hasWord || this.flow.isOwed || this.#untold >= UNTOLD_MAX) return 'now';
    return this.#untold > 0 ? 'soon' : 'nothing';
  }

  /** Something is unconfirmed, or cannot leave for want of room. */
  get isUnsettled(): boolean {
    return this.outlet.unconfirmed.length > 0 || (this.outbox.size > 0 && !this.flow.hasRoom);
  }

  /** Something may leave now. */
  get isReady(): boolean {
    return this.flow.hasRoom && (this.outlet.mustRepeat || this.outbox.size > 0);
  }

  /** Nothing waits, and nothing that was sent is on its way as far as is known here. */
  get isIdle(): boolean {
    const { outbox, outlet, flow } = this;
    return outbox.size === 0 && outlet.unconfirmed.length === 0 && !flow.isUnderWay;
  }

  /** Called every now and then while unsettled. True: ask the other end where it stands. */
  mend(): boolean {
    return this.isUnsettled && this.probes.isDue(this.outlet.base + this.flow.arrived);
  }

  // --- in -------------------------------------------------------------------------------------------

  /** Which envelopes of a frame of `bytes` are to be delivered. */
  hear({ head, envelopes, word }: Frame, bytes: number): readonly Envelope[] {
    if (head.lane === 'anyone') return this.#takeAnyone(head, envelopes);
    if (!this.#hearLife(head, Math.max(1, envelopes.length))) return NONE;
    this.#hearTotals(head, word === undefined ? bytes : 0);
    if (word !== undefined) return this.#hearWord(head, word);
    return head.lane === 'reliable'
      ? this.#takeReliable(head, envelopes)
      : this.#takePlain(head, envelopes);
  }

  /** Takes back the watches that the other end may not have got; `unwatch` keeps their places. */
  takeWatches(): Watch[] {
    const taken: Watch[] = [];
    const { unconfirmed } = this.outlet;
    for (const [i, envelope] of unconfirmed.entries()) {
      if (envelope.form !== 'watch') continue;
      taken.push(envelope);
      unconfirmed[i] = { ...envelope, form: 'unwatch' };
    }
    for (const leaving of this.outbox) {
      if (leaving.envelope.form !== 'watch') continue;
      taken.push(leaving.envelope);
      leaving.envelope = { ...leaving.envelope, form: 'unwatch' };
    }
    return taken;
  }

  /** The other end is gone: what need not arrive does not wait for it. */
  abandon(): void {
    const dropped = this.outbox.dropPlain();
    if (dropped > 0) this.#count('refused', dropped);
  }

  /** It will not come back: nothing waits for it any more. */
  giveUp(): void {
    const dropped = this.outbox.clear() + this.outlet.giveUp();
    if (dropped > 0) this.#count('refused', dropped);
  }

  // --- inside ---------------------------------------------------------------------------------------

  #head(lane: Lane, seq: number): Head {
    const { own: from, life, born, flow, pulse } = this;
    this.hasSpoken = true;
    flow.told = flow.got;
    this.#untold = 0;
    const { sent: at, got } = flow;
    const [{ next }, { base }] = [this.#inlet, this.outlet];
    return { lane, from, life, born, to: pulse.life, seq, at, got, next, base };
  }

  #writeNew(writer: Writer, isReliable: boolean, now: number): readonly Envelope[] {
    const seq = isReliable ? this.outlet.next : this.#seq;
    writeHead(writer, this.#head(isReliable ? 'reliable' : 'plain', seq));
    const written: Envelope[] = [];
    for (;;) {
      const leaving = this.outbox.peek(now);
      if (leaving?.isReliable !== isReliable || isFull(writer, leaving.envelope, written)) break;
      const envelope = leavingNow(leaving, now);
      writeEnvelope(writer, envelope, this.peer, this.own);
      written.push(envelope);
      this.outbox.shift();
    }
    if (isReliable) this.outlet.unconfirmed.push(...written);
    else this.#seq += written.length;
    this.flow.sent += writer.length;
    return written;
  }

  #repeat(writer: Writer): readonly Envelope[] {
    const { seq, envelopes } = this.outlet.repeating;
    writeHead(writer, this.#head('reliable', seq));
    const written: Envelope[] = [];
    for (const envelope of envelopes) {
      if (isFull(writer, envelope, written)) break;
      writeEnvelope(writer, envelope, this.peer, this.own);
      written.push(envelope);
    }
    this.outlet.repeated(written.length);
    this.flow.sent += writer.length;
    return written;
  }

  #stall(now: number): undefined {
    this.outbox.keepBack(now);
    if (this.#isStalled) return;
    this.#isStalled = true;
    this.#count('stalled', 1);
  }

  #hearLife({ life, born, to }: Head, count: number): boolean {
    const heard = this.pulse.hear(life, born);
    if (heard === 'stale') {
      // Should it be alive after all, it has to be told.
      this.#hasWord = true;
      this.#count('stale', count);
      return false;
    }
    if (heard !== 'same') this.#inlet.begin(born);
    if (heard === 'another') this.#restart();
    // The other end knows a greater life of this one, which must have ended: this one lives on above it.
    if (to > this.life && to < LIFE_MAX) {
      this.life = this.#newLife(to);
      this.#hasWord = true;
    }
    return true;
  }

  /** The other end started anew. */
  #restart(): void {
    this.#sequence.restart();
    this.flow.restart();
    this.outlet.repeat(this.outlet.next);
    this.probes.restart();
    this.#untold = 0;
    this.#lacks = this.#hasWord = false;
  }

  #hearTotals({ to, at, got, next }: Head, bytes: number): void {
    if (to === this.life) {
      this.flow.hear(got);
      if (this.outlet.confirm(next)) this.probes.progressed();
    }
    this.flow.take(at, bytes);
  }

  #hearWord(head: Head, word: Word): readonly Envelope[] {
    this.#lose(this.#sequence.settle(head.seq));
    if (word.probe > 0) {
      this.probes.owed = word.probe;
      this.#hasWord = true;
    }
    if (head.to !== this.life) return NONE;
    const before = this.probes.answered(word.answers);
    if (before !== undefined) this.outlet.repeat(before);
    if (word.lacks && this.probes.mayRepeat()) this.outlet.repeat(this.outlet.next);
    return NONE;
  }

  #takePlain({ seq, to }: Head, envelopes: readonly Envelope[]): readonly Envelope[] {
    const judged = this.#sequence.judge(seq, envelopes.length);
    this.#lose(this.#sequence.lost);
    if (judged === 'new') return this.#isForAFormerLife(to) ? envelopes.map(outdated) : envelopes;
    if (judged === 'late' && this.#bug === 'reordering-unnoticed') return envelopes;
    this.#count(judged === 'late' ? 'reordered' : 'duplicate', envelopes.length);
    return NONE;
  }

  /** Whoever took up an ask for anyone need not know this end at all: 0. */
  #isForAFormerLife(to: number): boolean {
    return to !== 0 && (to < this.born || to > this.life);
  }

  #takeReliable({ base, seq }: Head, envelopes: readonly Envelope[]): readonly Envelope[] {
    const taken = this.#inlet.take(base, seq, envelopes.length);
    if (taken.is === 'early') {
      if (!this.#lacks) this.#hasWord = true;
      this.#lacks = true;
      return NONE;
    }
    this.#untold += envelopes.length;
    const skipped = taken.is === 'new' ? taken.skip : envelopes.length;
    if (skipped > 0) this.#count('duplicate', skipped);
    if (taken.is === 'repeated') return NONE;
    this.#lacks = false;
    return skipped === 0 ? envelopes : envelopes.slice(skipped);
  }

  /** Numbered by the sender for the role and not for this link, so of a life of its own. */
  #takeAnyone({ life, born, seq }: Head, envelopes: readonly Envelope[]): readonly Envelope[] {
    const role = envelopes[0]!.to;
    const heard = this.#rolePulse.hear(life, born);
    if (heard === 'another') this.#roles.clear();
    if (heard === 'stale') this.#hasWord = true;
    else if (seq > (this.#roles.get(role) ?? 0)) {
      this.#roles.set(role, seq);
      return envelopes;
    }
    this.#count(heard === 'stale' ? 'stale' : 'duplicate', envelopes.length);
    return NONE;
  }

  #lose(count: number): void {
    if (count > 0) this.#count('lost', count);
  }
}

/**
 * Messages are for whoever has the name now; an answer is for the life that asked. A later life counts
 * its asks from one again: without a number, the answer is nobody's.
 */
const outdated = (envelope: Envelope): Envelope =>
  envelope.form === 'answer' || envelope.form === 'refusal' ? { ...envelope, number: 0 } : envelope;

/** Whether an envelope has to wait for the next frame. The first one never has, however large. */
function isFull(writer: Writer, envelope: Envelope, written: readonly Envelope[]): boolean {
  if (written.length === 0) return false;
  return written.length === FRAME_ENVELOPES_MAX || writer.length + sizeOf(envelope) > FRAME_BYTES;
}
