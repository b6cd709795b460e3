/**
 * What a ledger keeps of acts, beside records.ts.
 *
 *   live/act/<id>       an act that waits for its place in the order
 *   live/acts           how many acts have meant something
 *   act/<id>            the act, and where it was ordered; after a while without what audits found (prune.ts)
 *   live/pruned         up to which number that was let go
 *   said/<number>       which act has this number
 *   fate/<tx>           what acts have made of a transaction; none while nothing was said of it
 *   audited/<node>      how far a delegate has come with telling what its audits found
 *   accused/<node>      the act that convicted a node
 *   payee/<node>        whose account gets what a node earns
 */
import { height } from '../city-batch.ts';
import { count, either, optional, record, toBytes, whole, type Infer } from '../codec.ts';
import { hex, same } from '#lib/bytes.ts';
import { Act, barely, isPruned, SignedAct } from '../act.ts';
import type { Genesis } from '../genesis.ts';
import { digest, nodeName, unixMs, type VerifyingKey } from '../terms.ts';
import { bytesOf } from './live.ts';
import type { Open } from './open-acts.ts';
import { LIVE } from './records.ts';

export const OPEN_ACT = `${LIVE}act/`;
export const ACT_COUNT = `${LIVE}acts`;
export const PRUNED = `${LIVE}pruned`;
export const openActKey = (id: string): string => OPEN_ACT + id;
export const actKey = (id: string): string => `act/${id}`;
export const saidKey = (nth: number): string => `said/${nth}`;
export const fateKey = (txId: string): string => `fate/${txId}`;
export const auditedKey = (node: string): string => `audited/${node}`;
export const accusedKey = (node: string): string => `accused/${node}`;
export const payeeKey = (node: string): string => `payee/${node}`;

const number = count(Number.MAX_SAFE_INTEGER);
/** Until when it may be ordered, by the time of the batches. */
const OpenAct = record({ author: digest, matter: optional(digest), until: unixMs });
export const openActBytes = ({ author, matter, until }: Open): Uint8Array =>
  toBytes(OpenAct, {
    author: bytesOf(author),
    matter: matter === undefined ? undefined : bytesOf(matter),
    until,
  });
export function openActIn(bytes: Uint8Array): Open {
  const { author, matter, until } = whole(OpenAct, bytes);
  return { author: hex(author), matter: matter && hex(matter), until };
}
export const ActCount = record({ count: number });

const ordered = optional(record({ height, at: unixMs }));
const Whole = record({ signed: SignedAct, ordered });
/** What audits found was let go: there is what the act is named by, and its author, whose key the genesis has. */
const Pruned = record({ act: Act, by: nodeName, ordered });
export const KeptAct = either('is', { whole: Whole, pruned: Pruned });
export type ActRow = Infer<typeof Whole>;

/** Nobody looks at the signature of what was let go: more than two thirds of the stake have. */
const NO_SIGNATURE = new Uint8Array(64);

export function actBytes({ delegates }: Genesis, row: ActRow): Uint8Array {
  const { signed, ordered: where } = row;
  const by = isPruned(signed) ? delegates.find(({ signing }) => isKey(signing, signed)) : undefined;
  if (by === undefined) return toBytes(KeptAct, { is: 'whole', ...row });
  return toBytes(KeptAct, { is: 'pruned', act: signed.act, by: by.node, ordered: where });
}

const isKey = ({ suite, key }: VerifyingKey, { key: its }: SignedAct): boolean =>
  suite === its.suite && same(key, its.key);

export function actIn({ delegates }: Genesis, bytes: Uint8Array): ActRow {
  const row = whole(KeptAct, bytes);
  if (row.is === 'whole') return { signed: row.signed, ordered: row.ordered };
  const { signing: key } = delegates.find(({ node }) => node === row.by)!;
  return { signed: { act: row.act, key, signature: NO_SIGNATURE }, ordered: row.ordered };
}

/** Without what audits found. */
export const pruned = ({ signed, ordered: where }: ActRow): ActRow => ({
  signed: { ...signed, act: barely(signed.act), signature: NO_SIGNATURE },
  ordered: where,
});

export const Said = record({ id: digest });
export const Payee = record({ to: digest });
