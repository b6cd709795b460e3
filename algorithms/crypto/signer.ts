/**
 * What every signature primitive is to the rest: a seed, a public key, a message, and a signature,
 * all of them bytes. The frame that says who signs what for which purpose is put around the message by
 * `../signature.ts`; nobody else signs.
 */

export interface Signer {
  /** The same arguments make the same bytes. Where not, the backend draws its own hedge. */
  readonly deterministic: boolean;
  readonly publicKey: (seed: Uint8Array) => Uint8Array;
  /** `hedge`: 32 bytes of entropy, or none for FIPS 204's deterministic variant. */
  readonly sign: (
    seed: Uint8Array,
    message: Uint8Array,
    hedge: Uint8Array | undefined,
  ) => Uint8Array;
  /** `context`: FIPS 204's, empty unless said otherwise; Ed25519 has none. */
  readonly verify: (
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
    context?: Uint8Array,
  ) => boolean;
}
