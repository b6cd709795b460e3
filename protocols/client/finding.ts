/**
 * Short questions of an application, which any ledger of the city answers: how a transaction stands, what an object is.
 * Where no ledger answers, that is the answer.
 *
 *   find --> any ledger --(known)-----------------------------------------> found
 *                 '-------(unknown)--> every ledger --(one knows it)------> found
 *                                           '-- unknown to more than two thirds of the stake: nobody knows it
 *
 * One ledger that knows nothing may be behind, or lie; what was committed somebody honest among two thirds has.
 */
import { assert } from '#lib/assert.ts';
import { hex, unhex } from '#lib/bytes.ts';
import type { Find, Look } from '../client.messages.ts';
import { ask, NOTHING, type Effect } from '../effect.ts';
import { isQuorum, stakeOf, type Genesis } from '../genesis.ts';
import { AskObject, AskTx, type Told, type ToldObject } from '../ledger.messages.ts';
import { address, anyOf, type Place } from '../subjects.ts';

const TX = 'find/';
const OBJECT = 'look/';
const ASK_MS = 2_000;
/** Transactions that one ledger does not know, and all are asked for. */
export const SOUGHT_MAX = 1_024;

/** `answer`: of a ledger; nothing where none answered, or too few to deny it. */
export type Finding =
  | { readonly what: 'found'; readonly txId: Uint8Array; readonly answer: Told | undefined }
  | { readonly what: 'object'; readonly name: Uint8Array; readonly answer: ToldObject | undefined };

/** Who has been asked and not answered; who knows nothing of it. */
interface Sought {
  readonly open: Set<number>;
  readonly strangers: Set<number>;
}
export type Finds = Map<string, Sought>;

/** What came of an answer: more questions, or the word. */
type Came = {
  readonly asks: readonly Effect<AskTx>[];
  readonly word: Finding | undefined;
};

export const isOfFinding = (id: string): boolean => id.startsWith(TX) || id.startsWith(OBJECT);

export function invariants(finds: Finds): void {
  assert(finds.size <= SOUGHT_MAX, 'so many are sought with all ledgers at once');
}

export function find(city: Place, question: Find | Look): Effect<AskTx | AskObject> {
  const ledger = anyOf(city, 'ledger');
  if (question.kind === 'client.find')
    return ask(TX + hex(question.txId), ledger, AskTx.of({ txId: question.txId }), ASK_MS);
  return ask(OBJECT + hex(question.name), ledger, AskObject.of({ name: question.name }), ASK_MS);
}

export function found(
  finds: Finds,
  genesis: Genesis | undefined,
  id: string,
  answer: Told | ToldObject | undefined,
): Came {
  const [of, about, which] = id.split('/') as [string, string, string | undefined];
  const name = unhex(about)!;
  if (`${of}/` === OBJECT)
    return only({ what: 'object', name, answer: answer as ToldObject | undefined });
  const told = answer as Told | undefined;
  if (which === undefined && told?.known !== 'unknown')
    return only({ what: 'found', txId: name, answer: told });
  return which === undefined
    ? seek(finds, genesis, name)
    : heard(finds, genesis!, name, Number(which), told);
}

const only = (word: Finding | undefined): Came => ({ asks: NOTHING, word });

function seek(finds: Finds, genesis: Genesis | undefined, txId: Uint8Array): Came {
  const key = hex(txId);
  if (finds.has(key)) return only(undefined);
  if (genesis === undefined || finds.size >= SOUGHT_MAX)
    return only({ what: 'found', txId, answer: undefined });
  const { delegates } = genesis;
  finds.set(key, { open: new Set(delegates.keys()), strangers: new Set() });
  const asks = delegates.map(({ node }, i) =>
    ask<AskTx>(`${TX}${key}/${i}`, address(node, 'ledger'), AskTx.of({ txId }), ASK_MS),
  );
  return { asks, word: undefined };
}

function heard(
  finds: Finds,
  { delegates }: Genesis,
  txId: Uint8Array,
  which: number,
  told: Told | undefined,
): Came {
  const key = hex(txId);
  const sought = finds.get(key);
  if (sought === undefined) return only(undefined);
  sought.open.delete(which);
  const isUnknown = told?.known === 'unknown';
  if (isUnknown) sought.strangers.add(which);
  const so = delegates.filter((_, i) => sought.strangers.has(i));
  const isDenied = isQuorum(stakeOf({ delegates: so }), stakeOf({ delegates }));
  const isKnown = told !== undefined && !isUnknown;
  if (!isKnown && !isDenied && sought.open.size > 0) return only(undefined);
  finds.delete(key);
  return only({ what: 'found', txId, answer: isKnown || isDenied ? told : undefined });
}
