/** What the two processes of the kill matrix say to each other, to the test, and to their files. */
import { catalogue, count, message, type Infer } from '#protocols/codec.ts';
import {
  address,
  nodeAddress,
  place,
  type Address,
  type NodeAddress,
} from '#protocols/subjects.ts';

const komatsu = place('asia.ishikawa.komatsu');
export const NEAR: NodeAddress = nodeAddress(komatsu, 'near');
export const FAR: NodeAddress = nodeAddress(komatsu, 'far');
export const SINK: Address = address(FAR, 'sink');
export const TELLER: Address = address(NEAR, 'teller');

/** The `n`th that a life of the near process says. */
export const Tell = message('kill.tell', { life: count(1_000), n: count(2 ** 32) });
export const Enough = message('kill.enough', {});
export const TALK = catalogue(Tell, Enough);
export type Talk = Infer<typeof TALK>;

/** What the near process tells the test when it has said its last. */
export interface Said {
  readonly n: number;
  /** Envelopes that the link did not take, since too many waited: never, at this pace. */
  readonly refused: number;
}
