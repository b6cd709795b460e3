/**
 * Pruning: what audits found is let go when nobody asks for it any more. Its act stays, by name and place.
 *
 *   said/<n>, said/<n + 1>, ... --(ordered long enough ago?)--> acts of audits without their records, one commit
 *                                        '-- not yet: looked at again when it is
 *
 * Long enough is `audits.keep_h` of the policy, by the time of the batches. Whoever follows the order later than that (a
 * delegate with an empty disk, or one that was away) finds the act named in its batch and takes it without records,
 * since its name says all that it means to a ledger (audit/said.ts). What its records meant to accounts, it takes from
 * other delegates (audit/sums.ts).
 *
 * Safety: what is new is taken with its records alone: half of that time, by the own clock, so that delegates whose
 * time is a little apart let nobody wait. Cost: a look at so many acts a batch while there are old ones; of each act of
 * audits some 300 bytes are left, of 8 KB.
 */
import { isPruned } from '../act.ts';
import { count, record, toBytes, whole } from '../codec.ts';
import { keep, put, type Write } from '../effect.ts';
import { newestOf } from '../policy-book.ts';
import {
  actBytes,
  actIn,
  actKey,
  PRUNED,
  pruned,
  Said,
  saidKey,
  type ActRow,
} from './act-records.ts';
import { cityMs } from './fit.ts';
import { readAll, type Values } from './reads.ts';
import { key } from './records.ts';
import type { Effects, Ledger } from './state.ts';

/** Acts that are looked at with a batch. */
const LOOKED_AT = 16;

const UpTo = record({ number: count(Number.MAX_SAFE_INTEGER) });

export interface Pruning {
  /** The last act that was looked at. */
  upTo: number;
  /** When the next one was ordered, as far as that is known. */
  nextAt: number;
  isUnderWay: boolean;
}

export function pruningOf(kept: ReadonlyMap<string, Uint8Array>): Pruning {
  const bytes = kept.get(PRUNED);
  const upTo = bytes === undefined ? 0 : whole(UpTo, bytes).number;
  return { upTo, nextAt: -Infinity, isUnderWay: false };
}

const keepMs = ({ book }: Ledger): number => newestOf(book).policy.audits.keepMs;

/** Whether others may have let go what was said then. */
export const isOld = (ledger: Ledger, saidMs: number, nowMs: number): boolean =>
  nowMs - saidMs >= keepMs(ledger) / 2;

/** The next acts, if they are old enough. */
export function prune(ledger: Ledger): Effects {
  const { acts, reads } = ledger;
  const { pruning } = acts;
  const before = cityMs(ledger) - keepMs(ledger);
  const length = Math.min(LOOKED_AT, acts.count - pruning.upTo);
  if (pruning.isUnderWay || length <= 0 || pruning.nextAt > before) return [];
  const said = Array.from({ length }, (_, i) => saidKey(pruning.upTo + 1 + i));
  return readAll(reads, said, (rows) => {
    const ids = rows.map((row) => key(whole(Said, row!).id));
    return readAll(reads, ids.map(actKey), (found) => looked(ledger, ids, found, before));
  });
}

function looked(ledger: Ledger, ids: readonly string[], found: Values, before: number): Effects {
  const { genesis } = ledger.self;
  const { pruning } = ledger.acts;
  if (pruning.isUnderWay) return [];
  const rows = found.map((bytes) => actIn(genesis, bytes!));
  const young = rows.findIndex(({ ordered }) => ordered!.at > before);
  const old = young < 0 ? rows : rows.slice(0, young);
  if (young >= 0) pruning.nextAt = rows[young]!.ordered!.at;
  if (old.length === 0) return [];
  const writes = old.flatMap((row, i): Write[] =>
    hasRecords(row) ? [put(actKey(ids[i]!), actBytes(genesis, pruned(row)))] : [],
  );
  const number = pruning.upTo + old.length;
  const id = `keep/${++ledger.keeps}`;
  pruning.isUnderWay = true;
  ledger.keeping.set(id, () => {
    Object.assign(pruning, { upTo: number, isUnderWay: false });
    return [];
  });
  return [keep(id, put(PRUNED, toBytes(UpTo, { number })), ...writes)];
}

const hasRecords = ({ signed }: ActRow): boolean =>
  signed.act.what.says === 'audit' && !isPruned(signed);
