/**
 * Messages of the ledger: what is offered to it, what anybody may ask it, what it tells the world.
 * Towards the order of its own node: order.messages.ts. Every delegate has one; each answers for the city.
 *
 * | kind               | from     | to         | answer                                           |
 * | ------------------ | -------- | ---------- | ------------------------------------------------ |
 * | `ledger.offer`     | commit, ledger | ledger | `ledger.held`, `ledger.declined`               |
 * | `ledger.want`      | ledger   | ledger     | `ledger.offer`, of those that it holds           |
 * | `ledger.chain`     | city     | ledger     | `ledger.chained`                                 |
 * | `ledger.ask`       | anyone   | any ledger | `ledger.told`                                    |
 * | `ledger.since`     | anyone   | any ledger | `ledger.happened`                                |
 * | `ledger.sent-by`   | anyone   | any ledger | `ledger.listed`                                  |
 * | `ledger.held-by`   | anyone   | any ledger | `ledger.listed`                                  |
 * | `ledger.act`       | anyone   | any ledger | `ledger.act-held`, `ledger.act-declined`         |
 * | `ledger.acts`      | anyone   | any ledger | `ledger.acted`                                   |
 * | `ledger.object`    | anyone   | any ledger | `ledger.object-told`                             |
 * | `ledger.stakes`    | anyone   | any ledger | `ledger.staked`                                  |
 * | `ledger.transfers` | anyone   | any ledger | `ledger.transfers-told`                          |
 * | `ledger.handovers` | anyone   | any ledger | `ledger.handed-over`                             |
 * | `policy.committed` | ledger   | policy     | (a change of policy was ordered at that height)  |
 *
 * Notes, for DApps (JSON, as subjects `cc1.note.<city>....`): `tx.<txid>.<STATE>` for what the order did to a
 * transaction, `act.<says>` for acts that meant something, `batch.<height>`. The ledger of whoever proposed a batch
 * publishes its notes once they are
 * durable. If that one dies first nobody does: whoever sees a height missing asks any ledger for what
 * happened since the last number that it knows. A number says where in the order it happened, and is the
 * same on every node: height * 1 024 + place.
 */
import { catalogue, count, list, message, oneOf, optional, record, type Infer } from './codec.ts';
import { change, Committed, EntryProof, height, Quorum } from './city-batch.ts';
import { SignedAct } from './act.ts';
import { seats } from './committee.ts';
import { Fate } from './fate.ts';
import { Happened, number, PLACES } from './happened.ts';
import { Handover } from './lineage.ts';
import { Manifest } from './manifest.ts';
import { AckCert, BATCH_MAX } from './holding.ts';
import { CityObject } from './objects/object.ts';
import { effect } from './objects/op.ts';
import { ObjectProof } from './objects/proof.ts';
import { DELEGATES_MAX } from './genesis.ts';
import { StakeRules } from './policy.ts';
import { ShownState } from './sending.messages.ts';
import { STANDINGS, Stakes } from './stake/stakes.ts';
import { digest, nodeName, placeName, unixMs } from './terms.ts';
import { Cover } from './transaction.ts';

export { Happened, number, PLACES };

/** Batches, happenings or transactions in one answer; an answer may have fewer for its bytes. */
export const PAGE_MAX = 64;

export const Want = message('ledger.want', { certs: list(digest, BATCH_MAX) });

export const AskChain = message('ledger.chain', { from: height, count: count(PAGE_MAX) });
/** From that height on as many as fit, without gaps; `height` is the last that this ledger has. */
export const Chained = message('ledger.chained', { height, batches: list(Committed, PAGE_MAX) });

/**
 * `without: 'order'`: not where it was ordered. `without: 'proof'`: only what is kept and by whom, nor why that is so.
 */
export const AskTx = message('ledger.ask', {
  txId: digest,
  without: optional(oneOf('order', 'proof')),
});
/** What a ledger knows of a transaction. `unknown` is no proof that it does not exist. */
export const Told = message('ledger.told', {
  txId: digest,
  known: oneOf('unknown', 'certified', 'ordered'),
  state: ShownState,
  /** The object that anyone can check: certificate, batch, or header. */
  cause: optional(digest),
  cover: optional(Cover),
  manifest: optional(Manifest),
  cert: optional(AckCert),
  /** Where it was ordered, and why that is final. */
  proof: optional(EntryProof),
  quorum: optional(Quorum),
  /** Until when it is kept, and what acts have made of it. */
  expiresAt: optional(unixMs),
  fate: Fate,
  /** What came of its op, once it is committed. */
  effect: optional(effect),
});

/** Takes its place in the order, if it stands. */
export const OfferAct = message('ledger.act', { act: SignedAct });
/** On the disk of this ledger, on its way into the order or there already. */
export const ActHeld = message('ledger.act-held', { id: digest });
export const ActDeclined = message('ledger.act-declined', {
  id: digest,
  reason: oneOf(
    'malformed',
    'bad-signature',
    'not-yours',
    'unknown',
    'other-places',
    'no-evidence',
    'busy',
  ),
});

/** Acts are numbered by the order, the same on every node, those alone that meant something. The first is 1. */
const actNumber = count(Number.MAX_SAFE_INTEGER);
export const AskActs = message('ledger.acts', { from: actNumber });
export const Ordered = record({
  /** When and where, by the city's time. */
  at: unixMs,
  height,
  signed: SignedAct,
});
export type Ordered = Infer<typeof Ordered>;
/** From that number on as many as fit, without gaps; `next` is what to ask for then. */
export const Acted = message('ledger.acted', { next: actNumber, acts: list(Ordered, PAGE_MAX) });

export const AskSince = message('ledger.since', { number });
/** In order, from that number on; `next` is what to ask for then. */
export const HappenedSince = message('ledger.happened', {
  next: number,
  happened: list(Happened, PLACES),
});

/** Pages are the answering ledger's own: whoever goes on with `next` asks the same one. */
const page = count(Number.MAX_SAFE_INTEGER);
/** Without a page: the newest. */
export const AskSentBy = message('ledger.sent-by', { sender: digest, page: optional(page) });
/** At once so many. */
export const PAGES_MAX = 16;
export const AskHeldBy = message('ledger.held-by', {
  holder: nodeName,
  pages: list(page, PAGES_MAX),
});
/** Certified together, of as many pages as fit; `next` has those of before the last of them. */
export const Listed = message('ledger.listed', {
  txs: list(digest, BATCH_MAX),
  next: optional(page),
});

/** An object by its name (objects/object.ts): an account, a transfer. */
export const AskObject = message('ledger.object', { name: digest });
/** By batch `height`, the last one of this ledger; and what proves what it was before that batch. */
export const ToldObject = message('ledger.object-told', {
  name: digest,
  height,
  object: optional(CityObject),
  proof: optional(ObjectProof),
});

export const AskStakes = message('ledger.stakes', {});
/** After the batch of that height. */
export const Staked = message('ledger.staked', {
  height,
  /** The delegates of genesis, in their order; so are `standing` and those of `stakes`. */
  nodes: list(nodeName, DELEGATES_MAX),
  stakes: Stakes,
  /** How each delegate stands in the election of the next epoch, and what that would give by now. */
  standing: list(oneOf(...STANDINGS), DELEGATES_MAX),
  next: seats,
  /** Of the policy in force. */
  rules: StakeRules,
});

/** Transfers to another city, by the numbers of the answering ledger; the first is 1. */
const transfer = count(Number.MAX_SAFE_INTEGER);
export const AskTransfers = message('ledger.transfers', { to: placeName, from: transfer });
/** From that number on as many as fit; `next` is what to ask for then. */
export const Transfers = message('ledger.transfers-told', {
  next: transfer,
  txs: list(digest, PAGE_MAX),
});

/** Who orders since when: how that epoch began, and the next ones, as many as fit (lineage.ts). */
export const AskHandovers = message('ledger.handovers', { epoch: count(Number.MAX_SAFE_INTEGER) });
export const HandedOver = message('ledger.handed-over', { handovers: list(Handover, PAGE_MAX) });

export const ChangeCommitted = message('policy.committed', { height, change });

export type Want = Infer<typeof Want>;
export type AskChain = Infer<typeof AskChain>;
export type Chained = Infer<typeof Chained>;
export type AskTx = Infer<typeof AskTx>;
export type Told = Infer<typeof Told>;
export type AskSince = Infer<typeof AskSince>;
export type HappenedSince = Infer<typeof HappenedSince>;
export type AskSentBy = Infer<typeof AskSentBy>;
export type AskHeldBy = Infer<typeof AskHeldBy>;
export type Listed = Infer<typeof Listed>;
export type OfferAct = Infer<typeof OfferAct>;
export type ActHeld = Infer<typeof ActHeld>;
export type ActDeclined = Infer<typeof ActDeclined>;
export type AskTransfers = Infer<typeof AskTransfers>;
export type Transfers = Infer<typeof Transfers>;
export type AskObject = Infer<typeof AskObject>;
export type ToldObject = Infer<typeof ToldObject>;
export type AskHandovers = Infer<typeof AskHandovers>;
export type HandedOver = Infer<typeof HandedOver>;
export type AskStakes = Infer<typeof AskStakes>;
export type Staked = Infer<typeof Staked>;
export type AskActs = Infer<typeof AskActs>;
export type Acted = Infer<typeof Acted>;

/** What anybody may ask, and hears. */
export const LEDGER_ASKED = catalogue(
  AskChain,
  AskTx,
  AskSince,
  AskSentBy,
  AskHeldBy,
  OfferAct,
  AskActs,
  AskObject,
  AskStakes,
  AskTransfers,
  AskHandovers,
);
export const LEDGER_ANSWERS = catalogue(
  Chained,
  Told,
  HappenedSince,
  Listed,
  ActHeld,
  ActDeclined,
  Acted,
  ToldObject,
  Staked,
  Transfers,
  HandedOver,
);
