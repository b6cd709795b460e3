/** What a delegate says of what it was offered to those whom it concerns, besides those who made it (`level.taken`). */
import type { Head } from '../jolteon/block.ts';
import type { Item } from '../level.messages.ts';
import type { Ref } from './payload.ts';
import type { DelegateState, Effects } from './state.ts';

/** Of an offer that is verified: leaves when it is on the disk. */
export const receipts = (_state: DelegateState, _item: Item): Effects => [];

/** Of what a block carries that is committed: leaves when that is on the disk. */
export const ordered = (_state: DelegateState, _head: Head, _refs: readonly Ref[]): Effects => [];
