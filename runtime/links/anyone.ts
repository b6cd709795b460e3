/**
 * What is said to a role of a city instead of a node: whoever of its queue group gets it answers. Such
 * envelopes leave one by one, so that the load is spread, and belong to no link: they are numbered for
 * each role, which is enough for a receiver to drop what comes twice.
 */
import { same } from '#lib/bytes.ts';
import { writeEnvelope, type Envelope } from '#protocols/envelope.ts';
import { writeHead } from '#protocols/link/frame.ts';
import {
  ANY,
  anyOf,
  nodeOf,
  placeOf,
  replySubject,
  roleOf,
  subject,
  type Address,
  type NodeAddress,
} from '#protocols/subjects.ts';
import type { Outgoing } from '../ports.ts';
import { openAsk, takeFrom, type OpenAsk } from './peer.ts';
import type { Shell } from './shell.ts';

/** Of what this process said to its own roles, how much may be on its way at a time. */
const SAID_MAX = 1_024;

interface Said {
  readonly bytes: Uint8Array;
  wasHeard: boolean;
}

export class Anyone {
  readonly asks = new Map<number, OpenAsk>();
  readonly #own: NodeAddress;
  #life: number;
  readonly #shell: Shell;
  readonly #seqs = new Map<Address, number>();
  /** What may come back to this process, since it answers for the role itself. */
  readonly #said = new Map<string, Said>();
  #frame = 0;

  constructor(own: NodeAddress, shell: Shell) {
    this.#own = own;
    this.#life = shell.newLife(0);
    this.#shell = shell;
  }

  /** Somebody knew a greater life of this node than this one. */
  liveAgain(): void {
    this.#life = this.#shell.newLife(0);
  }

  send(envelope: Envelope): void {
    const { writer, beat } = this.#shell;
    const { to } = envelope;
    const seq = (this.#seqs.get(to) ?? 0) + 1;
    this.#seqs.set(to, seq);
    const [from, life] = [this.#own, this.#life];
    writeHead(writer, {
      lane: 'anyone',
      from,
      life,
      born: life,
      to: 0,
      seq,
      at: 0,
      got: 0,
      next: 0,
      base: 0,
    });
    writeEnvelope(writer, envelope, nodeOf(to), from);
    if (envelope.form !== 'ask') return this.#publish(envelope, seq);
    const ask = openAsk(envelope, beat);
    ask.frame = ++this.#frame;
    this.asks.set(ask.number, ask);
    this.#shell.watch();
    this.#publish(envelope, seq, { reply: replySubject(from, ANY, 0, ask.frame) });
  }

  /** Whether these bytes were said by this node, and whether they were heard here before. */
  isOwn(to: Address | undefined, seq: number, bytes: Uint8Array): 'no' | 'new' | 'repeated' {
    const said = this.#said.get(`${seq} ${to}`);
    if (said === undefined || !same(said.bytes, bytes)) return 'no';
    const { wasHeard } = said;
    said.wasHeard = true;
    return wasHeard ? 'repeated' : 'new';
  }

  /** Whoever answers for the role may answer, nobody else. */
  takeAsk(number: number, from: Address): boolean {
    const ask = this.asks.get(number);
    if (ask === undefined || anyOf(placeOf(nodeOf(from)), roleOf(from)) !== ask.to) return false;
    return this.asks.delete(number);
  }

  #publish(envelope: Envelope, seq: number, more?: Outgoing): void {
    const { to } = envelope;
    const bytes = this.#shell.writer.take();
    if (this.#shell.isServed(to)) {
      if (this.#said.size === SAID_MAX) this.#said.delete(this.#said.keys().next().value!);
      this.#said.set(`${seq} ${to}`, { bytes, wasHeard: false });
    }
    const word = 'kind' in envelope ? envelope.kind : envelope.form;
    this.#shell.wire.send(subject(to, this.#own, word), bytes, more);
  }

  /** The asks of a frame that nobody got. */
  takeAsks(frame: number): readonly OpenAsk[] {
    return takeFrom(this.asks, (ask) => ask.frame === frame);
  }

  expireAsks(beat: number): void {
    takeFrom(this.asks, ({ until }) => until <= beat);
  }
}
