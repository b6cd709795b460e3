/**
 * A hosted node's end of all its links: what its actors say leaves here, what arrives for it enters
 * here. One subscription covers its whole inbox, and the replies that say that nobody listens.
 *
 * What came in is checked against the subject that carried it: where a broker checks who may publish
 * with whose token, nobody can speak for another node.
 */
import { Malformed, Reader } from '#protocols/codec.ts';
import { isTooLarge, type Envelope } from '#protocols/envelope.ts';
import { readHead, readRest, type Frame, type Head } from '#protocols/link/frame.ts';
import { isAboutAnEnd } from '#protocols/link/reliable.ts';
import { ownerOf, type Owner } from '#protocols/names.ts';
import {
  address,
  anyInboxOf,
  anyOf,
  inboxOf,
  isAny,
  isCallAt,
  nameOf,
  nodeOf,
  parseReplySubject,
  placeOf,
  type Address,
  type NodeAddress,
  type Place,
} from '#protocols/subjects.ts';
import type { Receiver } from '../carrier.ts';
import type { Arrival } from '../ports.ts';
import { Anyone } from './anyone.ts';
import { openAsk, refusalOf, type OpenAsk, type Peer } from './peer.ts';
import { Peers } from './peers.ts';
import { Publisher } from './publisher.ts';
import type { Shell } from './shell.ts';

/** Beats of silence after which a peer is not waited for any more: ten minutes, to restart in. */
const KEPT_BEATS = 600;

/** Where something arrived: whose inbox it is, and where in the subject role and sender stand. */
interface Inbox {
  readonly owner: Owner;
  /** The city that it is in: its nodes are called by their tokens. */
  readonly home: Place;
  /** Characters of the subject before the role. */
  readonly unread: number;
  /** The role that it is for, if it is not the node's own. */
  readonly any: Address | undefined;
  /** Who was last found to speak under which subject: mostly both are the same again. */
  proven: { readonly subject: string; readonly from: NodeAddress } | undefined;
}

type Route = Peer | 'anyone' | 'nowhere';

export class Host {
  readonly node: NodeAddress;
  readonly #shell: Shell;
  readonly #receiver: Receiver;
  readonly #peers: Peers;
  readonly #publisher: Publisher;
  readonly #anyone: Anyone;
  /** Those with something to write at the end of the turn. */
  #due: Peer[] = [];
  /** Those that somebody here wants to know alive. */
  readonly #watched = new Set<Peer>();
  /** Those with something unconfirmed or stuck. */
  readonly #unsettled = new Set<Peer>();
  /** Those that are to be told soon what was got from them. */
  readonly #owed = new Set<Peer>();
  /** Those that were asked when the wire came up, and have not spoken since. */
  readonly #unreached = new Set<Peer>();
  readonly #served = new Map<Address, () => void>();
  readonly #unlisten: () => void;
  /** What was read last. */
  #frame: Frame | undefined = undefined;

  constructor(node: NodeAddress, receiver: Receiver, shell: Shell) {
    this.node = node;
    this.#receiver = receiver;
    this.#shell = shell;
    this.#peers = new Peers(node, shell);
    this.#publisher = new Publisher(node, shell);
    this.#anyone = new Anyone(node, shell);
    const inbox: Inbox = {
      owner: ownerOf(node),
      home: placeOf(node),
      unread: inboxOf(node).length - 1,
      any: undefined,
      proven: undefined,
    };
    this.#unlisten = shell.wire.listen(inboxOf(node), (it) => this.#arrive(it, inbox));
  }

  serve(at: Place, role: string): () => void {
    const any = anyOf(at, role);
    const on = anyInboxOf(at, role);
    const unread = on.length - 1 - (role.length + 1);
    const owner = ownerOf(nodeOf(any));
    const inbox: Inbox = { owner, home: at, unread, any, proven: undefined };
    const unlisten = this.#shell.wire.listen(on, (it) => this.#arrive(it, inbox), role);
    this.#served.set(any, unlisten);
    return () => {
      unlisten();
      this.#served.delete(any);
    };
  }

  serves(any: Address): boolean {
    return this.#served.has(any);
  }

  liveAgain(): void {
    this.#anyone.liveAgain();
  }

  leave(): void {
    this.flush();
    this.#unlisten();
    for (const unlisten of this.#served.values()) unlisten();
  }

  // --- out ------------------------------------------------------------------------------------------

  /** What is said in the name of a role is said by this node: only it can prove who speaks. */
  sendForRole(said: Envelope, isReliable: boolean): void {
    this.send({ ...said, from: address(this.node, nameOf(said.from)) }, isReliable);
  }

  send(envelope: Envelope, isReliable: boolean): void {
    if (isTooLarge(envelope, this.#shell.wire.bytesMax)) return this.#tooLarge(envelope);
    const route = this.#routeTo(envelope.to);
    if (route === 'nowhere') return this.#refused(envelope, 'full');
    if (route === 'anyone') return this.#anyone.send(envelope);
    const isRepeated = isReliable || isAboutAnEnd(envelope.form);
    if (!route.link.push(envelope, isRepeated)) return this.#refused(envelope, 'full');
    if (envelope.form === 'ask') {
      route.asks.set(envelope.number, openAsk(envelope, this.#shell.beat));
      this.#watch(route);
    }
    this.#becomeDue(route);
  }

  track(node: NodeAddress): () => void {
    const peer = this.#peer(node);
    if (peer === undefined) return () => undefined;
    if (peer.tracked++ === 0 || peer.isGone) peer.isGone = peer.wasHeard = false;
    peer.link.pulse.pardon();
    this.#watch(peer);
    let isOver = false;
    return () => {
      if (!isOver) peer.tracked--;
      isOver = true;
    };
  }

  /** The end of a turn: everything that was said in it leaves, together for each peer. */
  flush(): void {
    const due = this.#due;
    if (due.length === 0) return;
    this.#due = [];
    const now = this.#shell.clock.now();
    for (const peer of due) {
      peer.isDue = false;
      this.#flushOne(peer, now);
    }
  }

  #flushOne(peer: Peer, now: number): void {
    const { link } = peer;
    if (!this.#shell.isUp) return link.outbox.keepBack(now);
    this.#publisher.frames(peer, now);
    if (link.owed === 'now') this.#publisher.word(peer, false);
    if (link.isUnsettled) this.#mendLater(peer);
  }

  #routeTo(to: Address): Route {
    return isAny(to) ? 'anyone' : (this.#peer(nodeOf(to)) ?? 'nowhere');
  }

  /** It would make its whole frame unreadable, or the wire would not take it. */
  #tooLarge(envelope: Envelope): void {
    this.#shell.observer.malformed?.(envelope.from, `too large for ${envelope.to}`);
    this.#refused(envelope, 'malformed');
  }

  #refused(envelope: Envelope, why: 'full' | 'malformed'): void {
    if (envelope.form === 'ask') this.#receiver.receive(refusalOf(envelope, why));
  }

  #becomeDue(peer: Peer): void {
    if (peer.isDue) return;
    if (!this.#shell.coalesces) return this.#flushOne(peer, this.#shell.clock.now());
    peer.isDue = true;
    this.#due.push(peer);
    if (this.#due.length === 1) this.#shell.due(this);
  }

  // --- in -------------------------------------------------------------------------------------------

  #arrive(arrival: Arrival, inbox: Inbox): void {
    if (arrival.nobody) return this.#hearNobody(arrival.subject);
    const peer = this.#read(arrival, inbox);
    if (peer !== undefined) this.#hear(peer, this.#frame!, arrival.bytes.length);
  }

  /** Who speaks; what is said is in `#frame`. `undefined` for what is not to be heard. */
  #read({ subject, bytes }: Arrival, inbox: Inbox): Peer | undefined {
    try {
      const reader = new Reader(bytes);
      const head = readHead(reader);
      if (!isSaidBy(subject, inbox, head.from)) throw strange(`in the name of ${head.from}`);
      if ((inbox.any !== undefined) !== (head.lane === 'anyone')) throw strange('wrong inbox');
      if (this.#isOurs(head, inbox, bytes) === 'dropped') return undefined;
      const peer = this.#peer(head.from);
      if (peer === undefined) return undefined;
      this.#frame = readRest(reader, head, inbox.owner, peer.owner);
      const [first] = this.#frame.envelopes;
      if (inbox.any !== undefined && first?.to !== inbox.any) throw strange('for another role');
      return peer;
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.#shell.observer.malformed?.(subject, error.message);
      return undefined;
    }
  }

  /**
   * The nodes of one process do not speak over the wire, except to a role, or to a node that was not
   * here yet when they spoke. To a role it must be what they said, to the byte; to a node it comes too
   * late. For actors trust whoever shares their node.
   */
  #isOurs({ from, seq }: Head, { any }: Inbox, bytes: Uint8Array): 'no' | 'heard' | 'dropped' {
    const own = this.#shell.hostOf(from);
    if (own === undefined) return 'no';
    const said = own.#anyone.isOwn(any, seq, bytes);
    if (said === 'new') return 'heard';
    if (said === 'repeated') {
      this.#shell.observer.link?.(from, 'duplicate', 1);
      return 'dropped';
    }
    if (any !== undefined || own.#peers.find(this.node)?.link.hasSpoken !== true) {
      throw strange(`in the name of our own ${from}`);
    }
    this.#shell.observer.link?.(from, 'stale', 1);
    return 'dropped';
  }

  #hear(peer: Peer, frame: Frame, bytes: number): void {
    const { link } = peer;
    peer.activeAt = this.#shell.beat;
    if (this.#unreached.size > 0) this.#unreached.delete(peer);
    const { life } = link.pulse;
    const delivered = link.hear(frame, bytes);
    if (life !== 0 && link.pulse.life !== life) this.#restarted(peer);
    peer.wasHeard = true;
    for (const envelope of delivered) this.#deliver(peer, envelope);
    if (link.owed === 'now' || link.isReady) this.#becomeDue(peer);
    else if (link.owed === 'soon') this.#tellLater(peer);
  }

  #deliver(peer: Peer, envelope: Envelope): void {
    if (envelope.form !== 'answer' && envelope.form !== 'refusal') {
      return this.#receiver.receive(envelope);
    }
    // Only who was asked may answer. Nobody's ask has number 0: the engine sees a late answer.
    const { number } = envelope;
    const isAwaited = peer.asks.delete(number) || this.#anyone.takeAsk(number, envelope.from);
    this.#receiver.receive(isAwaited ? envelope : { ...envelope, number: 0 });
  }

  /** The broker's word that nobody listened to what we sent. */
  #hearNobody(subject: string): void {
    const reply = parseReplySubject(subject);
    if (reply === undefined) return;
    if (reply.link === 0) return this.#refuseAll(this.#anyone.takeAsks(reply.frame));
    const peer = this.#peers.byId(reply.link);
    if (peer?.call !== reply.peer) return;
    if (this.#shell.isEarly) {
      return this.#refuseAll(peer.takeAsks(({ frame }) => frame === reply.frame));
    }
    this.#lost(peer);
  }

  /** The peer is out of reach: it, and with it everyone on it, is gone. */
  #lost(peer: Peer): void {
    peer.link.abandon();
    this.#refuseAll(peer.takeAsks(() => true));
    const watches = peer.link.takeWatches();
    this.#tellGone(peer);
    for (const { to: from, from: to, number } of watches) {
      this.#receiver.receive({ form: 'ended', to, from, incarnation: 0, number });
    }
  }

  /** Whoever waits for its former life waits in vain; a life that was never heard is nobody's loss. */
  #restarted(peer: Peer): void {
    this.#refuseAll(peer.takeAsks(({ frame }) => frame > 0));
    if (!peer.wasHeard) return;
    peer.link.takeWatches();
    this.#tellGone(peer);
  }

  #tellGone(peer: Peer): void {
    if (peer.tracked === 0 || peer.isGone) return;
    peer.isGone = true;
    this.#receiver.gone(peer.link.peer);
  }

  #refuseAll(asks: readonly OpenAsk[]): void {
    for (const ask of asks) this.#receiver.receive(refusalOf(ask, 'dead'));
  }

  // --- now and then ---------------------------------------------------------------------------------

  /** The wire is up again: everyone concerned finds out what was lost. True if anyone is. */
  up(): boolean {
    const now = this.#shell.clock.now();
    this.#unreached.clear();
    for (const peer of this.#peers) {
      peer.link.pulse.pardon();
      if (peer.link.isIdle && !peer.isWatched) continue;
      this.#unreached.add(peer);
      this.#publisher.word(peer, true);
      this.#flushOne(peer, now);
    }
    return this.#unreached.size > 0;
  }

  /** Those that were not back yet when this wire was are asked again. True while there are any. */
  regain(): boolean {
    for (const peer of this.#unreached) this.#publisher.word(peer, true);
    return this.#unreached.size > 0;
  }

  /** Each beat: is everyone alive whom somebody here waits for? True while there are any. */
  beat(isJudging: boolean): boolean {
    for (const peer of this.#watched) {
      peer.expireAsks(this.#shell.beat);
      if (!peer.isWatched) this.#watched.delete(peer);
      else if (isJudging && peer.link.pulse.beat()) this.#lost(peer);
      else if (this.#shell.isUp) this.#publisher.word(peer, true);
    }
    this.#anyone.expireAsks(this.#shell.beat);
    return this.#watched.size > 0 || this.#anyone.asks.size > 0;
  }

  /** True while somebody has something unconfirmed or stuck. */
  mend(): boolean {
    const { beat } = this.#shell;
    for (const peer of this.#unsettled) {
      const silentSince = Math.max(peer.activeAt, peer.unsettledAt);
      if (beat - silentSince >= KEPT_BEATS) peer.link.giveUp();
      if (!peer.link.isUnsettled) this.#unsettled.delete(peer);
      else if (peer.link.mend() && this.#shell.isUp) this.#publisher.word(peer, true);
    }
    return this.#unsettled.size > 0;
  }

  /** Tells those that were not told on the way. */
  tell(): boolean {
    for (const peer of this.#owed) {
      if (peer.link.owed !== 'nothing' && this.#shell.isUp) this.#publisher.word(peer, false);
    }
    this.#owed.clear();
    return false;
  }

  #peer(node: NodeAddress): Peer | undefined {
    return this.#peers.getOrMake(node);
  }

  #watch(peer: Peer): void {
    if (this.#watched.has(peer)) return;
    this.#watched.add(peer);
    this.#shell.watch();
  }

  #mendLater(peer: Peer): void {
    if (this.#unsettled.has(peer)) return;
    this.#unsettled.add(peer);
    peer.unsettledAt = this.#shell.beat;
    this.#shell.mend();
  }

  #tellLater(peer: Peer): void {
    if (this.#owed.has(peer)) return;
    this.#owed.add(peer);
    this.#shell.tellSoon();
  }
}

const strange = (what: string): Malformed => new Malformed('range', what);

/** Whether the subject names `node` in the sender's place, which is behind the role. */
function isSaidBy(subject: string, inbox: Inbox, node: NodeAddress): boolean {
  const { proven, unread, home } = inbox;
  if (proven !== undefined && subject === proven.subject && node === proven.from) return true;
  const isProven = isCallAt(subject, subject.indexOf('.', unread) + 1, node, home);
  if (isProven) inbox.proven = { subject, from: node };
  return isProven;
}
