/**
 * Terms: the small codecs that many messages and signed things are made of.
 *
 * Whatever is hashed or signed is written by these, so that each has one form. A name is 32 bytes
 * (algorithms/identity.ts); a moment that others read is a stamp of the hybrid clock; a span of time
 * between two machines is milliseconds since 1970.
 */
import { HASH_BYTES } from '#algorithms/hash/hash.ts';
import { KEM_SUITES, type KemSuite } from '#algorithms/kem.ts';
import { SIGNATURE_SUITES, type SignatureSuite } from '#algorithms/signature.ts';
import { bytes, count, name, oneOf, record, text, type Infer } from './codec.ts';
import {
  isAddress,
  isNodeAddress,
  isPlace,
  type Address,
  type NodeAddress,
  type Place,
} from './subjects.ts';

/** A digest in some domain: what refers to a thing that can be checked. */
export const digest = bytes(HASH_BYTES);
/** Milliseconds since 1970; beyond what a date can be, nothing is. */
export const unixMs = count(8_640_000_000_000_000);
/** A packed stamp of the hybrid logical clock (algorithms/clock/hlc.ts), most significant byte first. */
export const stamp = bytes(8);
export const permille = count(1_000);

const ADDRESS_BYTES_MAX = 120;
export const nodeName = name<NodeAddress>(ADDRESS_BYTES_MAX, isNodeAddress, 16_384);
export const actorName = name<Address>(ADDRESS_BYTES_MAX, isAddress, 16_384);
/** A contract (objects/contracts.ts) and its version: `register@1`. */
export const contractName = text(32, (value) =>
  /^[a-z][a-z0-9-]{0,23}@[1-9][0-9]{0,3}$/.test(value),
);
export const placeName = name<Place>(ADDRESS_BYTES_MAX, isPlace, 1_024);

const CONTINENT = /^[a-z]{1,16}$/;
export const continentName = text(16, (value) => CONTINENT.test(value));
export const CONTINENTS_MAX = 8;

export const signatureSuite = oneOf(...(Object.keys(SIGNATURE_SUITES) as SignatureSuite[]));
export const kemSuite = oneOf(...(Object.keys(KEM_SUITES) as KemSuite[]));
/** The longest of a suite; the suite beside it says how long it must be. */
const longest = (sizes: readonly number[]): number => Math.max(...sizes);
const signers = Object.values(SIGNATURE_SUITES);
const kems = Object.values(KEM_SUITES);
export const signature = bytes(64, longest(signers.map(({ signatureBytes }) => signatureBytes)));

/** What verifies somebody's signatures. */
export const VerifyingKey = record({
  suite: signatureSuite,
  key: bytes(32, longest(signers.map(({ publicKeyBytes }) => publicKeyBytes))),
});
export type VerifyingKey = Infer<typeof VerifyingKey>;

/** What seals something for somebody. */
export const SealingKey = record({
  suite: kemSuite,
  key: bytes(32, longest(kems.map(({ publicKeyBytes }) => publicKeyBytes))),
});
export type SealingKey = Infer<typeof SealingKey>;
