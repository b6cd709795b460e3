/** What a host keeps of one peer besides the link: where to publish to, and who waits for it. */
import type { Unanswered } from '#protocols/effect.ts';
import type { Envelope } from '#protocols/envelope.ts';
import type { Link } from '#protocols/link/link.ts';
import { ownerOf, type Owner } from '#protocols/names.ts';
import {
  callIn,
  linkSubject,
  placeOf,
  replySubject,
  type Address,
  type Subject,
} from '#protocols/subjects.ts';

/** An ask that left, until it is answered or nobody waits for it any more. */
export interface OpenAsk {
  readonly number: number;
  readonly to: Address;
  readonly from: Address;
  /** The beat by which nobody waits any more. */
  readonly until: number;
  /** Which frame it left in; 0 while it has not left. */
  frame: number;
}

type Ask = Extract<Envelope, { form: 'ask' }>;

export const BEAT_MS = 1_000;

/** The record of an ask; `beat` is now. */
export const openAsk = ({ number, to, from, withinMs }: Ask, beat: number): OpenAsk => ({
  number,
  to,
  from,
  until: beat + Math.ceil(withinMs / BEAT_MS) + 1,
  frame: 0,
});

export const refusalOf = (
  { to: from, from: to, number }: Pick<OpenAsk, 'to' | 'from' | 'number'>,
  why: Unanswered,
): Envelope => ({ form: 'refusal', to, from, incarnation: 0, number, why });

/** Takes the asks that `isTaken` out of a table. */
export function takeFrom(
  asks: Map<number, OpenAsk>,
  isTaken: (ask: OpenAsk) => boolean,
): readonly OpenAsk[] {
  const taken: OpenAsk[] = [];
  for (const ask of asks.values()) if (isTaken(ask)) taken.push(ask);
  for (const { number } of taken) asks.delete(number);
  return taken;
}

export class Peer {
  readonly link: Link;
  /** Tells in reply subjects which link is meant, of all that there have been with this peer. */
  readonly id: number;
  /** How the peer is called in our subjects. */
  readonly call: string;
  /** Whose the actors are that it speaks of as its own. */
  readonly owner: Owner;
  readonly frameSubject: Subject;
  readonly wordSubject: Subject;
  readonly asks = new Map<number, OpenAsk>();
  /** How many want to hear when it is gone. */
  tracked = 0;
  /** It is gone, and that was told. */
  isGone = false;
  /** It was heard since it is tracked. */
  wasHeard = false;
  /** It has something to write at the end of the turn. */
  isDue = false;
  /** The beat at which it last spoke. */
  activeAt: number;
  /** The beat since which something is unconfirmed or stuck. */
  unsettledAt = 0;

  constructor(link: Link, id: number, beat: number) {
    const { own, peer } = link;
    this.link = link;
    this.id = id;
    this.activeAt = beat;
    this.call = callIn(placeOf(own), peer);
    this.owner = ownerOf(peer);
    this.frameSubject = linkSubject(peer, own, 'frame');
    this.wordSubject = linkSubject(peer, own, 'word');
  }

  /** Where a broker says that nobody listens to this peer's inbox. */
  replyTo(frame: number): Subject {
    return replySubject(this.link.own, this.call, this.id, frame);
  }

  /** Somebody waits for it. */
  get isWatched(): boolean {
    return this.asks.size > 0 || (this.tracked > 0 && !this.isGone);
  }

  takeAsks(isTaken: (ask: OpenAsk) => boolean): readonly OpenAsk[] {
    return takeFrom(this.asks, isTaken);
  }

  expireAsks(beat: number): void {
    takeFrom(this.asks, ({ until }) => until <= beat);
  }
}
