/**
 * Which certificates may be ordered: a function of what has been applied, and so the same on all delegates that are
 * at one height.
 *
 *   its transaction's time   is not over by the time of the last batch
 *   its list                 is younger than `PLACED_MS` by that time
 *   its policy               is in force after that batch, or was until a minute before that time
 *
 * No clock of ours has a say, so delegates that heard of a certificate at different times think the same of it, and
 * nobody waits for ever for votes on what the others do not take any more. What is right for one delegate and not yet
 * for another (a list that is on its way, a stamp ahead of a slow clock) will be right for both.
 *
 * An act is an entry as well, and has its time (act-check.ts); nobody waits for one that was let go.
 *
 * What does not fit any more never will, since the time of the batches only grows: it is let go when a batch is
 * applied, before the city hears of that. Its transaction is EXPIRED if its time is over: so it would be by whatever
 * batch came to order it. If not, whoever drives it has it placed anew.
 *
 * What was voted for while it fitted may have its place a few batches later, when it does not any more. So it stays on
 * the disk, where a batch that names it finds it (apply.ts), and does what it would have done, everywhere alike.
 */
import { stampOf } from '#algorithms/clock/hlc.ts';
import { nameText } from '#algorithms/identity.ts';
import { ENTRIES_MAX } from '../city-batch.ts';
import { toBytes, whole, type Infer } from '../codec.ts';
import { forget, keep, note, put, send, type Write } from '../effect.ts';
import { takenUntilMs } from '../policy-book.ts';
import { Withdrawn } from '../order.messages.ts';
import { Moved, type Certified } from '../sending.messages.ts';
import type { NodeAddress } from '../subjects.ts';
import { openActKey } from './act-records.ts';
import { bytesOf, removeCert, type Live, type Waiting } from './live.ts';
import { readAll } from './reads.ts';
import { key, openKey, TxRow, txKey } from './records.ts';
import { ownCity, ownIngress, type Effects, type Ledger } from './state.ts';

/** The time of the last batch. */
export const cityMs = ({ head }: Pick<Ledger, 'head'>): number => stampOf(head.at).wallMs;

/** Until when a certificate may be ordered, in the time of the batches. */
const untilMs = ({ book }: Ledger, { until, version }: Pick<Waiting, 'until' | 'version'>) =>
  Math.min(until, takenUntilMs(book, version));

export const isFit = (ledger: Ledger, waiting: Pick<Waiting, 'until' | 'version'>): boolean =>
  cityMs(ledger) < untilMs(ledger, waiting);

/** One more waits. */
export function remind(ledger: Ledger, waiting: Pick<Waiting, 'until' | 'version'>): void {
  ledger.fitUntil = Math.min(ledger.fitUntil, untilMs(ledger, waiting));
}

export function remindAct(ledger: Ledger, until: number): void {
  ledger.fitUntil = Math.min(ledger.fitUntil, until);
}

type Gone = readonly [Waiting, Live];

/** Lets go of what does not fit any more: in the city, on the disk, and towards whoever waits for it. */
export function letGo(ledger: Ledger): Effects {
  if (cityMs(ledger) < ledger.fitUntil) return [];
  const gone = unfit(ledger);
  const acts = oldActs(ledger);
  if (gone.length === 0 && acts.length === 0) return [];
  if (gone.length > 0) ledger.self.probe.sometimes('ledger: a certificate was let go');
  for (const act of acts) ledger.acts.open.delete(act);
  for (const [{ cert }, live] of gone) removeCert(ledger.table, live, cert);
  const over = new Map(
    gone.filter(([, live]) => isOver(ledger, live)).map((each) => [each[1], each]),
  );
  const certs = gone.map(([{ cert }]) => cert);
  const id = `keep/${++ledger.keeps}`;
  ledger.keeping.set(id, () => [...over.values()].flatMap((each) => tellExpired(ledger, each)));
  return [
    ...withdraw(ledger, [...certs, ...acts]),
    keep(
      id,
      ...certs.map((cert) => forget(openKey(cert))),
      ...acts.map((act) => forget(openActKey(act))),
      ...[...over.values()].map(expired),
    ),
  ];
}

/** What does not fit; until when the rest does is remembered, so that nobody looks through it for nothing. */
function unfit(ledger: Ledger): Gone[] {
  const gone: Gone[] = [];
  ledger.fitUntil = Infinity;
  for (const live of ledger.table.txs.values()) {
    for (const waiting of live.certs) {
      if (isFit(ledger, waiting)) remind(ledger, waiting);
      else gone.push([waiting, live]);
    }
  }
  return gone;
}

/** One that is on its way to the disk has its turn with the next batch. */
function oldActs(ledger: Ledger): string[] {
  const { open, beingKept } = ledger.acts;
  const old: string[] = [];
  for (const [id, { until }] of open) {
    if (until <= cityMs(ledger) && !beingKept.has(id)) old.push(id);
    else remindAct(ledger, until);
  }
  return old;
}

const isOver = (ledger: Ledger, { expiresAt }: Live): boolean => expiresAt <= cityMs(ledger);

function expired([{ cert }, { txId, expiresAt }]: Gone): Write {
  const id = bytesOf(txId);
  const row = { order: 'EXPIRED', cert: bytesOf(cert), cause: id, expiresAt } as const;
  return put(txKey(txId), toBytes(TxRow, { ...row, ordered: undefined }));
}

/** The city need not find a place for these any more. */
export function withdraw(ledger: Ledger, certs: readonly string[]): Effects {
  const effects: Effects[number][] = [];
  for (let i = 0; i < certs.length; i += ENTRIES_MAX) {
    const some = certs.slice(i, i + ENTRIES_MAX).map(bytesOf);
    effects.push(send(ownCity(ledger), Withdrawn.of({ certs: some })));
  }
  return effects;
}

/** A certificate came too late: unless its transaction had its place before, it has its end now. */
export function cameLate(ledger: Ledger, { manifest }: Infer<typeof Certified>): Effects {
  const { txId, placement } = manifest;
  return readAll(ledger.reads, [txKey(key(txId))], ([row]) => {
    const hasPlace = row !== undefined && whole(TxRow, row).ordered !== undefined;
    return hasPlace ? [] : tellOver(ledger, txId, placement.prover);
  });
}

function tellExpired(ledger: Ledger, [{ prover }, { txId }]: Gone): Effects {
  return tellOver(ledger, bytesOf(txId), ledger.self.genesis.delegates[prover]?.node);
}

/** It has no place in the order, and so no number. The ledger of whoever drew its placement tells the world. */
function tellOver(
  { self, head }: Ledger,
  txId: Uint8Array,
  prover: NodeAddress | undefined,
): Effects {
  const [state, from] = ['EXPIRED', 'POH_ACK'] as const;
  const { height } = head;
  const none = { acks: 0, needed: 0, rows: 0, reason: undefined };
  const told = send(ownIngress({ self }), Moved.of({ txId, state, cause: txId, height, ...none }));
  if (prover !== self.node) return [told];
  const name = nameText(txId);
  const fact = { txId: name, state, from, cause: name, height };
  return [told, note(`tx.${name}.${state}`, fact)];
}
