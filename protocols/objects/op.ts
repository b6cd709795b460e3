/**
 * What a transaction asks of its city, besides keeping it: the `op` of its core.
 *
 * | op         | asks                                                                       |
 * | ---------- | -------------------------------------------------------------------------- |
 * | (empty)    | nothing: it is only kept                                                   |
 * | `pay`      | so much of the sender's account for the receiver's, in the same city       |
 * | `transfer` | the same for a receiver in another city (`to`), if it is taken in by then  |
 * | `call`     | a contract of the city's to change what the core declares (contract.ts)    |
 *
 * An op is executed once, when its transaction is committed. What came of it is an outcome with a word of a closed list, and
 * stands in the state of the city beside COMMITTED. A refused op has changed nothing; its transaction is kept all the
 * same, since it was held before anybody could know how the accounts would stand.
 */
import {
  bytes,
  either,
  Malformed,
  oneOf,
  record,
  toBytes,
  u64,
  whole,
  type Infer,
} from '../codec.ts';
import { contractName, unixMs } from '../terms.ts';

export const INPUT_BYTES_MAX = 384;

export const Op = either('op', {
  pay: record({ amount: u64 }),
  transfer: record({ amount: u64, until: unixMs }),
  call: record({ contract: contractName, input: bytes(0, INPUT_BYTES_MAX) }),
});
export type Op = Infer<typeof Op>;

/**
 * What came of an errand: done, or why it changed nothing. `over`: a transfer was decided before. `no-city`: nobody could
 * prove what became of it there, so nothing is locked. Of calls: the city does not
 * run the contract, it asked for an object that is not declared, for more than the meter lets it, it threw, or it refused.
 */
export const effect = oneOf(
  'done',
  'malformed',
  'no-receiver',
  'other-city',
  'bad-time',
  'short-of-funds',
  'too-much',
  'over',
  'no-contract',
  'undeclared',
  'over-meter',
  'failed',
  'not-yours',
  'no-city',
);
export type OpEffect = Infer<typeof effect>;

export const opBytes = (op: Op): Uint8Array => toBytes(Op, op);

/** `undefined` where the bytes say none, or ask for nothing in particular. */
export function readOp(bytes: Uint8Array): Op | undefined {
  try {
    const op = whole(Op, bytes);
    return op.op === 'call' || op.amount > 0n ? op : undefined;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
