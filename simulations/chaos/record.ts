/**
 * What is written down while a city is damaged: what was asked of it and what came back, what its disks had, what was
 * done to it, what it said in public. All by one clock, in milliseconds since the load began.
 */
import type { NodeAddress } from '#protocols/subjects.ts';

/** One transaction sent, or one read. */
export interface Call {
  readonly kind: 'send' | 'read';
  readonly txId: string;
  readonly startMs: number;
  /** None where it has not ended. */
  endMs: number | undefined;
  /** A state or the word of an error; of a read that came back: `same` or `other` bytes than were sent. */
  word: string | undefined;
}

/** Of one transaction that is committed: rows that are intact on disks, and those of them whose node is up. */
export interface Held {
  readonly onDisk: number;
  readonly online: number;
}

/** The disks, as they were at one time. */
export interface Sample {
  readonly atMs: number;
  readonly isBusUp: boolean;
  readonly held: ReadonlyMap<string, Held>;
}

/** Something that was done to the city. */
export interface Stroke {
  readonly atMs: number;
  /** When it was over. */
  endMs: number;
  readonly what: string;
  /** Who is away because of it, until it is over. */
  readonly nodes: readonly NodeAddress[];
  /** Whether it was seen to happen: an answer of the supervisor, a byte that was changed. */
  readonly isDone: boolean;
  readonly said: string;
}

/** What a holder showed when it was asked for a row, while clocks were off. */
export interface Shown {
  readonly txId: string;
  readonly row: number;
  readonly holder: NodeAddress;
  readonly is: 'held' | 'missing' | 'damaged' | 'wrong' | 'silent';
}

/** A public fact: who said what of whom. */
export interface Heard {
  readonly atMs: number;
  readonly topic: string;
}

export interface Record {
  readonly name: string;
  readonly seed: number;
  /** Pieces that bring a transaction back. */
  readonly k: number;
  /** With so many rows or fewer on disks, the policy wants a repair. */
  readonly startAt: number;
  /** When the load was under way, when the last stroke was over, when it was enough. */
  readonly faultAt: number;
  readonly faultEnd: number;
  readonly endMs: number;
  readonly calls: readonly Call[];
  readonly samples: readonly Sample[];
  readonly strokes: readonly Stroke[];
  readonly heard: readonly Heard[];
  /** Committed while continents were parted, and not rooted meanwhile. */
  readonly cutOff: readonly string[];
  /** Of old transactions, at the end of the damage; empty where nobody was asked. */
  readonly shown: readonly Shown[];
  /** Transactions that a subscriber heard COMMITTED of, and notes it was told that it missed. */
  readonly notedCommits: ReadonlySet<string>;
  readonly missedNotes: number;
  /** Pieces that were damaged on purpose, one bit each. */
  readonly flipped: number;
  /** Rows that repairs had placed anew, and pieces that were damaged, before this began. */
  readonly renewedBefore: number;
  readonly damagedBefore: number;
}
