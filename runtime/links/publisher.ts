/**
 * Frames onto the wire. A lone envelope leaves under the subject of its own kind, so that a broker's
 * permissions and anybody who looks on can tell what it is; several leave under the link's.
 *
 * Where silence would be a long answer (an ask, a watch, a probe), the frame names a reply subject:
 * a broker that finds nobody there says so at once.
 */
import type { Envelope } from '#protocols/envelope.ts';
import {
  isSubject,
  subject,
  type Address,
  type NodeAddress,
  type Subject,
} from '#protocols/subjects.ts';
import type { Outgoing } from '../ports.ts';
import type { Peer } from './peer.ts';
import type { Shell } from './shell.ts';

const PLAINLY: Outgoing = {};
/** Addresses whose last subject is remembered. */
const REMEMBERED_MAX = 8_192;

export class Publisher {
  readonly #own: NodeAddress;
  readonly #shell: Shell;
  readonly #lastTo = new Map<Address, { readonly kind: string; readonly subject: Subject }>();
  #frame = 0;

  constructor(own: NodeAddress, shell: Shell) {
    this.#own = own;
    this.#shell = shell;
  }

  /** Everything that may leave for the peer now. */
  frames(peer: Peer, now: number): void {
    const { wire, writer } = this.#shell;
    for (;;) {
      const sent = peer.link.write(writer, now);
      if (sent === undefined) return;
      const alone = sent.length === 1 ? sent[0]! : undefined;
      const to = alone === undefined ? peer.frameSubject : this.#subjectOf(alone, peer);
      wire.send(to, writer.take(), this.#more(peer, sent, alone));
    }
  }

  word(peer: Peer, asks: boolean): void {
    const { wire, writer } = this.#shell;
    peer.link.writeWord(writer, asks);
    const more = asks ? { reply: peer.replyTo(0) } : PLAINLY;
    wire.send(peer.wordSubject, writer.take(), more);
  }

  /** An actor mostly hears one kind many times: its last subject is remembered. */
  #subjectOf(envelope: Envelope, peer: Peer): Subject {
    const { to } = envelope;
    const kind = 'kind' in envelope ? envelope.kind : envelope.form;
    const last = this.#lastTo.get(to);
    if (last?.kind === kind) return last.subject;
    const own = subject(to, this.#own, kind);
    const made = { kind, subject: isSubject(own) ? own : peer.frameSubject };
    if (this.#lastTo.size === REMEMBERED_MAX) this.#lastTo.clear();
    this.#lastTo.set(to, made);
    return made.subject;
  }

  #more(peer: Peer, sent: readonly Envelope[], alone: Envelope | undefined): Outgoing {
    let frame = 0;
    for (const envelope of sent) {
      if (envelope.form === 'watch') frame ||= ++this.#frame;
      if (envelope.form !== 'ask') continue;
      frame ||= ++this.#frame;
      const ask = peer.asks.get(envelope.number);
      if (ask !== undefined) ask.frame = frame;
    }
    const trace = alone !== undefined && 'traceparent' in alone ? alone.traceparent : undefined;
    if (frame === 0 && trace === undefined) return PLAINLY;
    return {
      ...(frame > 0 && { reply: peer.replyTo(frame) }),
      ...(trace !== undefined && { traceparent: trace }),
    };
  }
}
