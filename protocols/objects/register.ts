/**
 * `register@1`: names that belong to whoever came first, until they are handed on.
 *
 *   input `haruka`           it is the sender's, if it is nobody's
 *   input `haruka 4kqz...`   it is that key's, if it is the sender's
 *
 * The cell of a name says whose it is: the name of a key, as text. So who has a name, or that nobody has it, is proved like
 * any other object.
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { nameText, readName } from '#algorithms/identity.ts';
import { same, utf8 } from '#lib/bytes.ts';
import type { Call, Contract, Refusal, Write } from './contract.ts';

const FORM = /^([a-z0-9][a-z0-9-]{0,62})(?: ([a-z2-7]{52}))?$/;
const REGISTERED = domain('registered');

interface Wish {
  readonly cell: Uint8Array;
  /** Whom it is handed on to. */
  readonly to: Uint8Array | undefined;
}

export const register: Contract = {
  run: ({ read, input, sender }) => {
    const wish = readWish(input);
    return wish === undefined ? 'malformed' : settle(wish, read(wish.cell), sender);
  },
  cells: (input) => {
    const wish = readWish(input);
    return wish === undefined ? [] : [wish.cell];
  },
};

function settle(
  { cell, to }: Wish,
  owner: Uint8Array | undefined,
  sender: Call['sender'],
): readonly Write[] | Refusal {
  const own = utf8(nameText(sender));
  const isOwn = owner !== undefined && same(owner, own);
  if (to !== undefined) return isOwn ? [[cell, utf8(nameText(to))]] : 'not-yours';
  if (owner === undefined) return [[cell, own]];
  return isOwn ? [] : 'not-yours';
}

function readWish(input: Uint8Array): Wish | undefined {
  const [, name, key] = FORM.exec(String.fromCharCode(...input)) ?? [];
  if (name === undefined) return undefined;
  const to = key === undefined ? undefined : readName(key);
  if (key !== undefined && to === undefined) return undefined;
  return { cell: hash(REGISTERED, utf8(name)), to };
}
