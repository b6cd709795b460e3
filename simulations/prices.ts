/**
 * What jobs take in virtual time: what the bare native functions cost on the machine of the design's table
 * (milliseconds of one core), times how many of them a job asks for.
 */
import type { SealInput } from '#protocols/sending/sealing.ts';
import type { OpenInput } from '#protocols/hold/jobs.ts';
import type { CheckInput } from '#protocols/ledger/jobs.ts';
import type { Plain } from '#protocols/effect.ts';
import type { Priced } from './pool.ts';

const SIGN = 1.5;
const VERIFY = 0.3;
const PROVE = 1;
const CHECK = 1.1;
const CODE = 0.4;
/** Decoded, coded again, all rows hashed. */
const RESTORE = 2 * CODE;
const SEAL = 3.2 / 42;
const OPEN = 0.1;
/** Of a coin: what one member gives, and what makes one of all. */
const SHARE = 1;
const COMBINE = 6;
const ADMIT = VERIFY + 0.1;

const many = (input: Plain): number => (input as readonly unknown[]).length;

const PRICES: Readonly<Record<string, (input: Plain) => number>> = {
  'ingress.verify': (input) => many(input) * VERIFY,
  'select.draw': () => VERIFY + PROVE,
  'read.restore': () => RESTORE,
  'audit.seed': () => PROVE,
  'audit.sign': () => SIGN,
  'audit.check': () => VERIFY,
  'hold.prove': () => SIGN,
  'hold.sign': () => SIGN,
  'select.check': (input) => many(input) * CHECK,
  'shard.code': () => CODE,
  'attest.seal': (input) => (input as unknown as SealInput).rows.length * SEAL,
  'batch.sign': () => SIGN,
  'batch.verify': (input) => many(input) * VERIFY,
  'hold.open': (input) => {
    const { orders, pieces } = input as unknown as OpenInput;
    return orders.length * VERIFY + pieces.filter(({ open }) => open !== undefined).length * OPEN;
  },
  'ledger.check': (input) => {
    const { signatures, draws } = input as unknown as CheckInput;
    return signatures.length * VERIFY + draws.length * CHECK;
  },
  'city.sign': () => SIGN,
  'city.verify': (input) => many(input) * VERIFY,
  'municipality.sign': () => SIGN,
  'municipality.verify': (input) => many(input) * VERIFY,
  'level.sign': () => SIGN,
  'level.verify': (input) => many(input) * VERIFY,
  'abba.shares': () => SHARE,
  'abba.tossed': () => COMBINE,
  'tip.verify': (input) => many(input) * VERIFY,
  'presence.sign': () => SIGN,
  'presence.open': () => OPEN,
  'presence.verify': (input) => many(input) * VERIFY,
  'presence.admit': (input) => many(input) * ADMIT,
};

export function msOf(job: string, input: Plain): number {
  const price = PRICES[job];
  if (price === undefined) throw new Error(`nobody knows what a job '${job}' costs`);
  return price(input);
}

/** Two cores a machine, as all budgets have it. */
export const PRICED: Priced = { workers: 2, msOf };
