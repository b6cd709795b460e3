/**
 * The post: how messages, asks and answers get from actor to actor, here and elsewhere.
 *
 * A message to an actor of this process goes straight into its queue, after the same checks that bytes
 * would get; to anywhere else it goes as an envelope to the carrier. What cannot be delivered is a
 * dead letter, and whoever asked hears why at once.
 */
import { utf8 } from '#lib/bytes.ts';
import { LIMITS } from '#config/limits.ts';
import { Malformed, Writer } from '#protocols/codec.ts';
import type { Effect, Json, Signal, Spoken, Ticket, Unanswered } from '#protocols/effect.ts';
import type { Envelope } from '#protocols/envelope.ts';
import { isAny, nodeOf, noteSubject, placeOf, type Address } from '#protocols/subjects.ts';
import type { Overflow } from './actor.ts';
import type { Cell } from './cell.ts';
import { Delivery, Queue, type Claim } from './delivery.ts';
import type { Engine } from './engine.ts';
import type { DeadLetterReason } from './ports.ts';
import { messageOf } from './harmless.ts';
import { reportFault } from './wire-rules.ts';

type Ask = Extract<Effect, { do: 'ask' }>;
type Of<Form extends Envelope['form']> = Extract<Envelope, { form: Form }>;

export class Post {
  readonly #engine: Engine;
  /** Finds one of the local actors that answer for a role. */
  readonly #someone: (any: Address) => Cell | undefined;
  readonly #writer = new Writer();
  #notes = 0;

  constructor(engine: Engine, someone: (any: Address) => Cell | undefined) {
    this.#engine = engine;
    this.#someone = someone;
  }

  // --- into an actor's queues ----------------------------------------------------------------------

  deliver(to: Cell, message: Spoken, from?: Address, ticket?: Claim, traceparent?: string): void {
    const wrong = this.#check(to, message);
    if (wrong !== undefined) return this.#refuseMalformed(to, message, wrong, from, ticket);
    this.#enqueue(to, message, from, ticket, traceparent);
  }

  /** A message that is known to be what its receiver listens to: checked, or just read from bytes. */
  #enqueue(to: Cell, message: Spoken, from?: Address, ticket?: Claim, traceparent?: string): void {
    if (isFull(to) && !this.#makeRoom(to, message, ticket)) return;
    to.push(new Delivery(this.#engine, message, true, from, ticket, traceparent));
    this.#engine.loop.wake(to);
  }

  /** A signal that comes before messages. */
  signal(to: Cell, signal: Signal): void {
    if (this.#engine.plantedBug === 'signal-dropped' && isFull(to)) return;
    (to.signals ??= new Queue()).push(new Delivery(this.#engine, signal, false));
    this.#engine.loop.wake(to);
  }

  /** Answers and ends keep their place among the messages of whoever sent them; they never overflow. */
  signalInOrder(to: Cell, signal: Signal): void {
    if (this.#engine.plantedBug === 'signal-dropped' && isFull(to)) return;
    to.push(new Delivery(this.#engine, signal, false));
    this.#engine.loop.wake(to);
  }

  claim(asker: Address, number: number, withinMs: number): Claim {
    // The clock itself: what arrives from elsewhere finds the loop where its last turn left it.
    return { asker, number, expiresAt: this.#engine.clock.now() + withinMs };
  }

  deadLetter(to: Address, message: Spoken, why: DeadLetterReason): void {
    this.#engine.tallies.deadLetter(to, why);
    this.#engine.observer.deadLetter?.(to, message, why);
  }

  // --- out of an actor -------------------------------------------------------------------------------

  send(
    from: Cell,
    { to, message, reliable }: Extract<Effect, { do: 'send' }>,
    trace?: string,
  ): void {
    const cell = this.#find(from, to);
    if (cell !== undefined) {
      const received = this.#travelled(from, cell, message);
      if (received === undefined) return this.deadLetter(to, message, 'malformed');
      return this.deliver(cell, received, from.address, undefined, trace);
    }
    if (this.#isHere(to)) return this.deadLetter(to, message, 'no-such-actor');
    const { kind } = message;
    const body = this.#encode(from, message);
    const envelope = { form: 'tell', to, ...sender(from), kind, body, traceparent: trace } as const;
    this.#engine.carrier.send(envelope, reliable);
  }

  ask(from: Cell, { id, to, message, withinMs }: Ask, trace?: string): void {
    const { asks, carrier } = this.#engine;
    const number = asks.open(id, withinMs, from, (outcome) => this.signalInOrder(from, outcome));
    const cell = this.#find(from, to);
    if (cell !== undefined) {
      const received = this.#travelled(from, cell, message);
      if (received === undefined) return void asks.refuse(number, 'malformed');
      const claim = this.claim(from.address, number, withinMs);
      return this.deliver(cell, received, from.address, claim, trace);
    }
    if (this.#isHere(to)) return void asks.refuse(number, 'dead');
    carrier.send({
      form: 'ask',
      to,
      ...sender(from),
      number,
      withinMs: Math.max(0, Math.ceil(withinMs)),
      kind: message.kind,
      body: this.#encode(from, message),
      traceparent: trace,
    });
  }

  answer(from: Cell, ticket: Ticket, message: Spoken): void {
    const { asker, number } = ticket;
    from.belongings?.owed?.delete(ticket as Claim);
    if (this.#isHere(asker)) return this.#answerHere(from, ticket, message);
    const { kind } = message;
    const body = this.#encode(from, message);
    this.#engine.carrier.send({ form: 'answer', to: asker, ...sender(from), number, kind, body });
  }

  refuse(asker: Address, number: number, why: Unanswered, from: Cell): void {
    if (this.#isHere(asker)) return void this.#engine.asks.refuse(number, why);
    this.#engine.carrier.send({ form: 'refusal', to: asker, ...sender(from), number, why });
  }

  note(from: Cell, topic: string, fact: Json): void {
    const note = { seq: ++this.#notes, at: this.#engine.wall, from: from.address, fact };
    const subject = noteSubject(placeOf(nodeOf(from.address)), topic);
    this.#engine.carrier.note(subject, utf8(JSON.stringify(note)));
  }

  // --- from other nodes ------------------------------------------------------------------------------

  receiveMessage(envelope: Of<'tell'> | Of<'ask'>): void {
    const { to, from, kind, body, traceparent } = envelope;
    const cell = this.#engine.cells.get(to) ?? (isAny(to) ? this.#someone(to) : undefined);
    if (cell === undefined) {
      this.#refuseBack(envelope, 'dead');
      return this.deadLetter(to, { kind }, 'no-such-actor');
    }
    const message = this.#decode(cell, kind, body, from);
    if (message === undefined) return this.#refuseBack(envelope, 'malformed');
    const claim =
      envelope.form === 'ask' ? this.claim(from, envelope.number, envelope.withinMs) : undefined;
    this.#enqueue(cell, message, from, claim, traceparent);
  }

  receiveAnswer({ to, from, number, kind, body }: Of<'answer'>): void {
    const { asks } = this.#engine;
    const cell = asks.asker(number);
    if (cell?.address !== to) return this.deadLetter(to, { kind }, 'late-answer');
    const message = this.#decode(cell, kind, body, from);
    if (message === undefined) asks.refuse(number, 'malformed');
    else asks.answer(number, message);
  }

  receiveRefusal({ to, number, why }: Of<'refusal'>): void {
    const { asks } = this.#engine;
    if (asks.asker(number)?.address === to) asks.refuse(number, why);
  }

  // --- inside ----------------------------------------------------------------------------------------

  /** Most speak again to whom they spoke last: the table is asked about others. */
  #find(from: Cell, to: Address): Cell | undefined {
    const { lastTo } = from;
    if (lastTo !== undefined && lastTo.address === to && lastTo.phase !== 'gone') return lastTo;
    const cell = this.#engine.cells.get(to);
    if (cell !== undefined) from.lastTo = cell;
    return cell;
  }

  #isHere(to: Address): boolean {
    return this.#engine.hosts.has(nodeOf(to));
  }

  #answerHere(from: Cell, { asker, number }: Ticket, message: Spoken): void {
    const { asks } = this.#engine;
    const cell = asks.asker(number);
    const received = cell === undefined ? message : this.#travelled(from, cell, message);
    if (received === undefined) return void asks.refuse(number, 'malformed');
    const wrong = cell === undefined ? undefined : this.#check(cell, received);
    if (wrong !== undefined) {
      this.#engine.observer.malformed?.(from.address, `${message.kind}: ${wrong}`);
      return void asks.refuse(number, 'malformed');
    }
    if (!asks.answer(number, received)) this.deadLetter(asker, message, 'late-answer');
  }

  #refuseBack(envelope: Of<'tell'> | Of<'ask'>, why: Unanswered): void {
    if (envelope.form === 'tell') return;
    const { to: from, from: to, number } = envelope;
    this.#engine.carrier.send({ form: 'refusal', to, from, incarnation: 0, number, why });
  }

  #refuseMalformed(
    to: Cell,
    message: Spoken,
    wrong: string,
    from: Address | undefined,
    ticket: Ticket | undefined,
  ): void {
    this.#engine.observer.malformed?.(from ?? 'outside', `${message.kind}: ${wrong}`);
    this.#undelivered(to, message, ticket, 'malformed', 'malformed');
  }

  /** A full mailbox: its actor says whether the oldest of the kind goes, or the newcomer. */
  #makeRoom(to: Cell, message: Spoken, ticket: Ticket | undefined): boolean {
    if (this.#overflow(to, message.kind) === 'drop-oldest') {
      const oldest = to.queue.take(({ counted, input }) => counted && input.kind === message.kind);
      if (oldest !== undefined) {
        this.#undelivered(to, oldest.input, oldest.ticket, 'mailbox-full', 'full');
        return true;
      }
    }
    this.#undelivered(to, message, ticket, 'mailbox-full', 'full');
    return false;
  }

  #undelivered(
    to: Cell,
    message: Spoken,
    ticket: Ticket | undefined,
    letter: DeadLetterReason,
    why: Unanswered,
  ): void {
    this.deadLetter(to.address, message, letter);
    if (ticket !== undefined) this.refuse(ticket.asker, ticket.number, why, to);
  }

  /** What the receiver would have read from the bytes, where local messages are encoded too. */
  #travelled(from: Cell, to: Cell, message: Spoken): Spoken | undefined {
    if (!this.#engine.encodesLocal) return message;
    return this.#decode(to, message.kind, this.#encode(from, message), from.address);
  }

  #encode(from: Cell, message: Spoken): Uint8Array {
    // What is left of a message that could not be written to its end must not begin the next one.
    if (this.#writer.length > 0) this.#writer.take();
    const { listens, speaks } = from.actor;
    const catalogue = speaks?.has(message.kind) === true ? speaks : listens;
    catalogue.write(this.#writer, message as never);
    return this.#writer.take();
  }

  // The functions of a receiver run in the sender's turn, or in the wire's: neither is to blame for what
  // they throw, and a receiver that ended of it could be ended by anyone who knows what to send.

  #check(to: Cell, message: Spoken): string | undefined {
    try {
      return to.actor.listens.check(message);
    } catch (error) {
      return this.#blame(to, error);
    }
  }

  #overflow(to: Cell, kind: string): Overflow | undefined {
    try {
      return to.actor.overflow?.(kind);
    } catch (error) {
      this.#blame(to, error);
      return 'refuse';
    }
  }

  #blame(to: Cell, error: unknown): string {
    reportFault(this.#engine.observer, to.address, error);
    return messageOf(error);
  }

  #decode(to: Cell, kind: string, body: Uint8Array, from: Address): Spoken | undefined {
    try {
      return to.actor.listens.read(kind, body);
    } catch (error) {
      if (!(error instanceof Malformed)) this.#blame(to, error);
      this.#engine.observer.malformed?.(from, `${kind}: ${messageOf(error)}`);
      return undefined;
    }
  }
}

const isFull = ({ queue, actor }: Cell): boolean =>
  queue.counted >= (actor.mailboxMax ?? LIMITS.mailboxMessagesMax);

const sender = (of: Cell): { readonly from: Address; readonly incarnation: number } => ({
  from: of.address,
  incarnation: of.incarnation,
});
