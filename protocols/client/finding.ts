/**
 * Short questions of an application, which any ledger of the city answers: how a transaction stands, what an object is.
 * Each is asked once; where no ledger answers, that is the answer.
 */
import { hex, unhex } from '#lib/bytes.ts';
import type { Find, Look } from '../client.messages.ts';
import { ask, type Effect } from '../effect.ts';
import { AskObject, AskTx, type Told, type ToldObject } from '../ledger.messages.ts';
import { anyOf, type Place } from '../subjects.ts';

const TX = 'find/';
const OBJECT = 'look/';
const ASK_MS = 2_000;

/** `answer`: of a ledger; nothing where none answered. */
export type Finding =
  | { readonly what: 'found'; readonly txId: Uint8Array; readonly answer: Told | undefined }
  | { readonly what: 'object'; readonly name: Uint8Array; readonly answer: ToldObject | undefined };

export const isOfFinding = (id: string): boolean => id.startsWith(TX) || id.startsWith(OBJECT);

export function find(city: Place, question: Find | Look): Effect<AskTx | AskObject> {
  const ledger = anyOf(city, 'ledger');
  if (question.kind === 'client.find')
    return ask(TX + hex(question.txId), ledger, AskTx.of({ txId: question.txId }), ASK_MS);
  return ask(OBJECT + hex(question.name), ledger, AskObject.of({ name: question.name }), ASK_MS);
}

export function found(id: string, answer: Told | ToldObject | undefined): Finding {
  const [of, about] = id.split('/') as [string, string];
  const name = unhex(about)!;
  return `${of}/` === TX
    ? { what: 'found', txId: name, answer: answer as Told | undefined }
    : { what: 'object', name, answer: answer as ToldObject | undefined };
}
