/**
 * Strangers: frozen lists are public, so anybody is answered who asks for one; but a question of 100 bytes is answered
 * with a page of up to 300 KB, so nobody is answered without end. Each has an allowance, and all of them together: a
 * flood under ever new names costs this much, and no more. Who is not answered asks again, as for what is lost.
 */
import { buckets, takeOne, type Allowance, type Buckets } from '../allowance.ts';
import type { Address } from '../subjects.ts';

/** A list of 100 000 nodes in less than a minute, to one at a time. */
export const EACH: Allowance = { perSecond: 32, burst: 64 };
/** Some 20 MB/s at the most. */
export const ALL: Allowance = { perSecond: 64, burst: 256 };
const STRANGERS_MAX = 4_096;
const EVERYBODY = '';

export interface Strangers {
  readonly each: Buckets;
  readonly all: Buckets;
}

export const strangers = (): Strangers => ({ each: buckets(STRANGERS_MAX), all: buckets(1) });

/** Whether this one is answered now. */
export const isAnswered = ({ each, all }: Strangers, who: Address, now: number): boolean =>
  takeOne(each, who, now, EACH) && takeOne(all, EVERYBODY, now, ALL);
