/** What somebody gives to those who send to him: the public part of his keys, as `keys show --json` prints it. */
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { readName } from '#algorithms/identity.ts';
import { unhex } from '#lib/bytes.ts';
import type { SealingKey } from '#protocols/terms.ts';
import { Unfit } from '../unfit.ts';

const CARD = z.object({
  sender: z.string(),
  sealing: z.enum(['ml-kem-768', 'x-wing', 'sntrup761']),
  readerKey: z.string(),
});

export interface Card {
  /** Of the key that signs a claim. */
  readonly receiver: Uint8Array;
  readonly reader: SealingKey;
}

export function readCard(file: string): Card {
  const read = CARD.safeParse(parsed(file));
  const receiver = read.success ? readName(read.data.sender) : undefined;
  const key = read.success ? unhex(read.data.readerKey) : undefined;
  if (read.success && receiver !== undefined && key !== undefined)
    return { receiver, reader: { suite: read.data.sealing, key } };
  throw new Unfit(`${file} is no card, expected what \`keys show FILE --json\` prints`);
}

/** Somebody by the name that `keys show` prints, or by a card, which has a key to read with as well. */
export function readSomebody(text: string): Omit<Card, 'reader'> & Partial<Card> {
  const receiver = readName(text);
  if (receiver !== undefined) return { receiver };
  if (existsSync(text)) return readCard(text);
  throw new Unfit(`'${text}' is nobody, expected a sender as \`keys show\` prints it, or a card`);
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Unfit(`${file} cannot be read as a card: ${(error as Error).message}`);
  }
}
