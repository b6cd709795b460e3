/**
 * The backends of `node:crypto` (OpenSSL 3.5 in Node 24): Ed25519, ML-DSA, ML-KEM-768, AES-256-GCM
 * and HKDF, 7 to 23 times as fast as portable ones. A root offers them before anything is signed;
 * where the OpenSSL below lacks one, its self-test says so and the next backend serves.
 *
 * Importing a key costs as much as using it, so key objects are kept: others' by the thousand, own
 * ones few. Keys travel as DER with a constant head, which every Node 24 reads; the raw formats came
 * later in its life. ML-DSA signatures and ML-KEM texts are drawn by OpenSSL itself (hedged, and with no way in
 * for entropy): they verify and open alike, but differ from run to run. Nothing that must repeat uses them.
 */
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  decapsulate,
  encapsulate,
  hash,
  hkdfSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { attempt } from '#lib/attempt.ts';
import { concat, EMPTY, unhex } from '#lib/bytes.ts';
import { lru } from '#lib/lru.ts';
import { AUTHENTICATED, type Authenticated, TAG_BYTES } from './authenticated.ts';
import { ED25519 } from './ed25519.ts';
import type { Encapsulator } from './encapsulator.ts';
import { memo } from './memo.ts';
import { ML_DSA, type MlDsa } from './ml-dsa.ts';
import { ML_KEM_768 } from './ml-kem.ts';
import type { Signer } from './signer.ts';

/** Enough for every holder and delegate a node talks to in a while; up to 12 KB each in OpenSSL. */
const PUBLIC_KEYS_MAX = 4_096;
const SECRET_KEYS_MAX = 64;
const NAME_BYTES = 32;

/** DER before the raw bytes: RFC 8410, RFC 9881 (seed form), RFC 9935 (seed form). */
const HEADS = {
  ed25519: { spki: '302a300506032b6570032100', pkcs8: '302e020100300506032b657004220420' },
  'ml-dsa-44': {
    spki: '30820532300b06096086480165030403110382052100',
    pkcs8: '3034020100300b060960864801650304031104228020',
  },
  'ml-dsa-65': {
    spki: '308207b2300b0609608648016503040312038207a100',
    pkcs8: '3034020100300b060960864801650304031204228020',
  },
  'ml-dsa-87': {
    spki: '30820a32300b060960864801650304031303820a2100',
    pkcs8: '3034020100300b060960864801650304031304228020',
  },
  'ml-kem-768': {
    spki: '308204b2300b0609608648016503040402038204a100',
    pkcs8: '3054020100300b060960864801650304040204428040',
  },
} as const;

const digest = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');

const der = (head: Uint8Array, raw: Uint8Array): Buffer => Buffer.from(concat(head, raw));

interface Keys {
  readonly publicOf: (bytes: Uint8Array) => KeyObject;
  readonly secretOf: (seed: Uint8Array) => KeyObject;
  /** The raw public key of a seed. */
  readonly raw: (seed: Uint8Array) => Uint8Array;
}

/**
 * Others' keys are found by their first bytes and then compared whole: a digest of 1 to 2 KB would
 * cost a tenth of an encapsulation. Keys that were made to begin alike push each other out, no more.
 */
function publicMemo(make: (raw: Uint8Array) => KeyObject): (raw: Uint8Array) => KeyObject {
  const entries = lru<string, { readonly raw: Uint8Array; readonly key: KeyObject }>(
    PUBLIC_KEYS_MAX,
  );
  return (raw) => {
    const view = Buffer.from(raw.buffer, raw.byteOffset, raw.length);
    const name = view.toString('latin1', 0, NAME_BYTES);
    const known = entries.get(name);
    if (known !== undefined && view.equals(known.raw)) return known.key;
    const key = make(raw);
    entries.put(name, { raw: raw.slice(), key });
    return key;
  };
}

function keysOf(type: keyof typeof HEADS): Keys {
  const spki = unhex(HEADS[type].spki)!;
  const pkcs8 = unhex(HEADS[type].pkcs8)!;
  const secretOf = memo(SECRET_KEYS_MAX, digest, (seed) => {
    const key = der(pkcs8, seed);
    const made = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
    key.fill(0);
    return made;
  });
  return {
    secretOf,
    publicOf: publicMemo((raw) =>
      createPublicKey({ key: der(spki, raw), format: 'der', type: 'spki' }),
    ),
    raw: (seed) => {
      const exported = createPublicKey(secretOf(seed)).export({ format: 'der', type: 'spki' });
      return Uint8Array.from(exported.subarray(spki.length));
    },
  };
}

function signer(type: 'ed25519' | MlDsa): Signer {
  const { publicOf, secretOf, raw } = keysOf(type);
  return {
    deterministic: type === 'ed25519',
    publicKey: raw,
    sign: (seed, message) => bytesOf(sign(null, message, secretOf(seed))),
    verify: (publicKey, message, signature, context = EMPTY) => {
      const key = attempt(() => publicOf(publicKey));
      if (key === undefined) return false;
      if (context.length === 0) return verify(null, message, key, signature);
      return verify(null, message, { key, context }, signature);
    },
  };
}

function mlKem(): Encapsulator {
  const { publicOf, secretOf, raw } = keysOf('ml-kem-768');
  return {
    deterministic: false,
    publicKey: raw,
    encapsulate: (publicKey) => {
      const key = attempt(() => publicOf(publicKey));
      if (key === undefined) return undefined;
      const { ciphertext, sharedKey } = encapsulate(key);
      return { ciphertext: bytesOf(ciphertext), secret: bytesOf(sharedKey) };
    },
    decapsulate: (seed, ciphertext) => bytesOf(decapsulate(secretOf(seed), ciphertext)),
  };
}

/**
 * Keys go in as key objects: handed bytes, `node:crypto` first asks whether they are one, by an error that it throws
 * and catches itself, which takes longer than the cipher (8 us against 26, and 11 against 18 for HKDF).
 */
const authenticated: Authenticated = {
  derive: (secret, info, length) =>
    new Uint8Array(hkdfSync('sha256', createSecretKey(secret), EMPTY, info, length)),
  seal: (key, nonce, associated, plaintext) => {
    const secret = createSecretKey(key);
    const cipher = createCipheriv('aes-256-gcm', secret, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(associated);
    const text = cipher.update(plaintext);
    cipher.final();
    return concat(text, cipher.getAuthTag());
  },
  open: (key, nonce, associated, sealed) => {
    const cut = sealed.length - TAG_BYTES;
    if (cut < 0) return undefined;
    const secret = createSecretKey(key);
    const decipher = createDecipheriv('aes-256-gcm', secret, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(associated);
    decipher.setAuthTag(sealed.subarray(cut));
    const text = decipher.update(sealed.subarray(0, cut));
    if (attempt(() => decipher.final()) !== undefined) return bytesOf(text);
    text.fill(0); // Deciphered, but not what was sealed: nobody may see it.
    return undefined;
  },
};

/** A `Buffer` is a `Uint8Array` that prints, slices and compares otherwise: none leaves this file. */
const bytesOf = (buffer: Buffer): Uint8Array =>
  new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);

/** Offers every backend of this file, as the most wanted ones. Once a process. */
export function offerNative(): void {
  ED25519.offer({ name: 'native', make: () => signer('ed25519') });
  for (const suite of Object.keys(ML_DSA) as MlDsa[]) {
    ML_DSA[suite].offer({ name: 'native', make: () => signer(suite) });
  }
  ML_KEM_768.offer({ name: 'native', make: mlKem });
  AUTHENTICATED.offer({ name: 'native', make: () => authenticated });
}
