/**
 * What every key encapsulation primitive is to the rest. Lengths are checked by `../kem.ts`, which
 * is the door; entropy is always an argument.
 */

export interface Encapsulated {
  readonly ciphertext: Uint8Array;
  /** 32 bytes that only the owner of the key can find again. */
  readonly secret: Uint8Array;
}

export interface Encapsulator {
  /** The same entropy makes the same bytes. Where not, the backend draws entropy of its own. */
  readonly deterministic: boolean;
  readonly publicKey: (seed: Uint8Array) => Uint8Array;
  /** `undefined` for bytes that are not a public key. */
  readonly encapsulate: (publicKey: Uint8Array, entropy: Uint8Array) => Encapsulated | undefined;
  /** `undefined` only for bytes that nobody's `encapsulate` made; a mauled text gives some secret. */
  readonly decapsulate: (seed: Uint8Array, ciphertext: Uint8Array) => Uint8Array | undefined;
}
