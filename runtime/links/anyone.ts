/**
 * What is said to a role of a city instead of a node: whoever of its queue group gets it answers. Such
 * envelopes leave one by one, so that the load is spread, and belong to no link: they are numbered for
 * each role, which is enough for a receiver to drop what comes twice.
 */
import { writeEnvelope, type Envelope } from '#protocols/envelope.ts';
import { writeHead } from '#protocols/link/frame.ts';
import { ANY, replySubject, subject, type Address, type NodeAddress } from '#protocols/subjects.ts';
import { openAsk, takeFrom, type OpenAsk } from './peer.ts';
import type { Shell } from './shell.ts';

export class Anyone {
  readonly asks = new Map<number, OpenAsk>();
  readonly #own: NodeAddress;
  #life: number;
  readonly #shell: Shell;
  readonly #seqs = new Map<Address, number>();
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
    const { wire, writer, beat } = this.#shell;
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
    writeEnvelope(writer, envelope);
    const on = subject(to, from, 'kind' in envelope ? envelope.kind : envelope.form);
    if (envelope.form !== 'ask') return wire.send(on, writer.take());
    const ask = openAsk(envelope, beat);
    ask.frame = ++this.#frame;
    this.asks.set(ask.number, ask);
    this.#shell.watch();
    wire.send(on, writer.take(), { reply: replySubject(from, ANY, 0, ask.frame) });
  }

  /** The asks of a frame that nobody got. */
  takeAsks(frame: number): readonly OpenAsk[] {
    return takeFrom(this.asks, (ask) => ask.frame === frame);
  }

  expireAsks(beat: number): void {
    takeFrom(this.asks, ({ until }) => until <= beat);
  }
}
