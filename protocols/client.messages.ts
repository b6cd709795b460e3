/**
 * What an application tells its own client; it stays within its process. Everything else that a client hears
 * and says is in sending.messages.ts and ledger.messages.ts.
 *
 * | kind             | from        | to     | answer                         |
 * | ---------------- | ----------- | ------ | ------------------------------ |
 * | `client.send`    | application | client | none: the client tells its way |
 * | `client.abandon` | application | client | none                           |
 * | `client.find`    | application | client | none: the client tells what it found |
 * | `client.look`    | application | client | none: the client tells what it found |
 * | `client.read`    | application | client | none: the client tells its way |
 * | `client.survey`  | application | client | none: the client tells what it found |
 * | `client.leave`   | application | client | none                           |
 * | `client.act`     | application | client | none: the client tells what became of it |
 * | `client.root`    | application | client | none: the client tells how far it has come |
 */
import { SignedAct } from './act.ts';
import { height } from './city-batch.ts';
import { count, message, oneOf, optional, type Infer } from './codec.ts';
import { Read, Survey } from './receiving.messages.ts';
import { Root } from './rooting.messages.ts';
import { digest } from './terms.ts';
import { Tx } from './transaction.ts';

/** How far an application wants to see its transaction go before it turns away. */
export const Until = oneOf('accepted', 'POH_ACK', 'COMMITTED');
export type Until = Infer<typeof Until>;

export const Send = message('client.send', {
  tx: Tx,
  until: Until,
  withinMs: count(0xffff_ffff),
});
/** Tell me no more of it. What was accepted goes its way. */
export const Abandon = message('client.abandon', { txId: digest });

/** What does the city know of it? */
export const Find = message('client.find', { txId: digest });

/** What is the object of that name? */
export const Look = message('client.look', { name: digest });

/** Signed already, for the client's own node; its number is the application's. */
export const ReadTx = message('client.read', { read: Read.body });
export const SurveyTx = message('client.survey', { survey: Survey.body });
/** Nobody waits for this answer any more. */
export const LeaveTx = message('client.leave', { number: count(Number.MAX_SAFE_INTEGER) });

/** Signed already, e.g. a claim. Until a ledger holds it, and no longer than that. */
export const SayAct = message('client.act', { act: SignedAct, withinMs: count(0xffff_ffff) });

/** How far above its city a batch has come: until then; or once, as it is now. Its number is the application's. */
export const FollowRoot = message('client.root', {
  number: count(Number.MAX_SAFE_INTEGER),
  height,
  until: optional(Root),
  withinMs: count(0xffff_ffff),
});

export type FollowRoot = Infer<typeof FollowRoot>;
export type SayAct = Infer<typeof SayAct>;
export type ReadTx = Infer<typeof ReadTx>;
export type SurveyTx = Infer<typeof SurveyTx>;
export type LeaveTx = Infer<typeof LeaveTx>;
export type Find = Infer<typeof Find>;
export type Look = Infer<typeof Look>;
export type Send = Infer<typeof Send>;
export type Abandon = Infer<typeof Abandon>;
