/**
 * Messages of leaving: a holder that wants to be rid of rows, and the delegates' words on that. The picture is in
 * leaving.ts; what they are about in hold/leaving.ts and repair/leaving.ts.
 *
 * | kind             | from   | to     | answer         |
 * | ---------------- | ------ | ------ | -------------- |
 * | `repair.leaving` | holder | repair | `repair.leave` |
 */
import { message, type Infer } from './codec.ts';
import { Wish, Word } from './leaving.ts';
import { signature } from './terms.ts';

export const Leaving = message('repair.leaving', { wish: Wish, signature });
export const Leave = message('repair.leave', { word: Word, signature });
export type Leaving = Infer<typeof Leaving>;
export type Leave = Infer<typeof Leave>;
