/**
 * Key files: the secrets of one node, or of one person, as hexadecimal seeds in JSON, readable by their
 * owner alone. Whoever has the file is the node. A member of a municipality has another one, with its shares of the coin.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { SEED_BYTES } from '#algorithms/signature.ts';
import { ORDER } from '#algorithms/threshold/bls12381.ts';
import { bigEndian, fromBigEndian } from '#algorithms/threshold/group.ts';
import { KEM_SUITES } from '#algorithms/kem.ts';
import { hex, unhex } from '#lib/bytes.ts';
import { listOf, Misshapen, oneOf, recordOf, text, type Shape } from '#lib/shape.ts';
import type { Entropy } from '#protocols/effect.ts';
import type { NodeSecrets } from '#protocols/self.ts';
import { Unfit } from '../unfit.ts';

const seed = text((each) => /^(?:[0-9a-f]{2}){32,64}$/.test(each), 'a seed in hexadecimal');
const KEY_FILE = recordOf({
  version: oneOf(1),
  signing: recordOf({ suite: oneOf('ml-dsa-65', 'ml-dsa-44', 'ml-dsa-87', 'ed25519'), seed }),
  sealing: recordOf({ suite: oneOf('ml-kem-768', 'x-wing', 'sntrup761'), seed }),
  vrf: seed,
});

const COIN_FILE = recordOf({
  version: oneOf(1),
  shares: listOf(text((each) => /^[0-9a-f]{64}$/.test(each), 'a share in hexadecimal')),
});

/** Only the owner reads or writes it. */
const OWNER_ONLY = 0o600;

export const freshSecrets = (entropy: Entropy): NodeSecrets => ({
  signing: { suite: 'ml-dsa-65', seed: entropy.bytes(SEED_BYTES) },
  sealing: { suite: 'ml-kem-768', seed: entropy.bytes(KEM_SUITES['ml-kem-768'].seedBytes) },
  vrf: entropy.bytes(32),
});

export function writeKeyFile(file: string, { signing, sealing, vrf }: NodeSecrets): void {
  writeSecret(file, {
    version: 1,
    signing: { suite: signing.suite, seed: hex(signing.seed) },
    sealing: { suite: sealing.suite, seed: hex(sealing.seed) },
    vrf: hex(vrf),
  });
}

/** Shares of a coin. */
export const writeCoinFile = (file: string, shares: readonly bigint[]): void =>
  writeSecret(file, {
    version: 1,
    shares: shares.map((share) => hex(bigEndian(share))),
  });

/** Never over a file that is there, and on the disk when this returns, but for its name: a lost seed cannot be had again. */
function writeSecret(file: string, content: object): void {
  const text = `${JSON.stringify(content, null, 2)}\n`;
  try {
    writeFileSync(file, text, { mode: OWNER_ONLY, flag: 'wx', flush: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new Unfit(
      `${file} is there already, expected a file that is not: keys are not written over`,
    );
  }
}

export function readCoinFile(file: string): bigint[] {
  return parsed(file, COIN_FILE).shares.map((share) => {
    const scalar = fromBigEndian(unhex(share)!, ORDER);
    if (scalar === undefined) throw new Unfit(`${file} has a share that is none`);
    return scalar;
  });
}

export function readKeyFile(file: string): NodeSecrets {
  const { signing, sealing, vrf } = parsed(file, KEY_FILE);
  return {
    signing: { suite: signing.suite, seed: unhex(signing.seed)! },
    sealing: { suite: sealing.suite, seed: unhex(sealing.seed)! },
    vrf: unhex(vrf)!,
  };
}

function parsed<T>(file: string, shape: Shape<T>): T {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Unfit(`${file} cannot be read as a key file: ${(error as Error).message}`);
  }
  try {
    return shape(content);
  } catch (error) {
    if (!(error instanceof Misshapen)) throw error;
    throw new Unfit(`${file}: ${error.message}`);
  }
}
