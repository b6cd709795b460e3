/**
 * An auditor among holders, without an engine: one delegate, lights with real disks and machines, a ledger that
 * lists what they hold and orders acts at once, a presence with one list. Time is virtual; what is between an
 * auditor and a holder is what the test says.
 */
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { pathOf } from '#algorithms/merkle/tree.ts';
import { DEFAULTS } from '#config/policy/read.ts';
import type { Policy } from '#config/policy.ts';
import { hex } from '#lib/bytes.ts';
import type { SignedAct } from '#protocols/act.ts';
import { actVerifyJob } from '#protocols/act.ts';
import { verify } from '#algorithms/signature.ts';
import type { AuditHears, Suspect } from '#protocols/audit.messages.ts';
import { begin, invariants, step, type Auditing } from '#protocols/audit/auditor.ts';
import { AUDIT_JOBS } from '#protocols/audit/jobs.ts';
import type { AuditPlant } from '#protocols/audit/plants.ts';
import { cityBatch, NONE, type Committed } from '#protocols/city-batch.ts';
import type { Effect, Signal, Spoken } from '#protocols/effect.ts';
import { SOUND } from '#protocols/fate.ts';
import { BATCH_MAX } from '#protocols/holding.ts';
import type { Genesis } from '#protocols/genesis.ts';
import type { Proved, Prove } from '#protocols/holder.messages.ts';
import { heldBytes, pieceKey } from '#protocols/hold/held-piece.ts';
import {
  ActHeld,
  Acted,
  Chained,
  Listed,
  Told,
  type AskActs,
  type AskChain,
  type AskHeldBy,
  type AskTx,
  ToldObject,
  type AskObject,
  type OfferAct,
  type Ordered,
} from '#protocols/ledger.messages.ts';
import { payrollErrand } from '#protocols/ledger/act-of-payroll.ts';
import type { Ledger } from '#protocols/ledger/state.ts';
import { execute } from '#protocols/objects/execute.ts';
import type { CityObject } from '#protocols/objects/object.ts';
import { manifestHashOf, pieceTreeOf, rowsOf } from '#protocols/manifest.ts';
import type { Score } from '#protocols/presence.messages.ts';
import { PRESENCE_JOBS } from '#protocols/presence/jobs.ts';
import { announcementsFor, pageFor } from '#protocols/presence/serve.ts';
import {
  address,
  nameOf,
  nodeOf,
  type Address,
  type NodeAddress,
  type Place,
} from '#protocols/subjects.ts';
import { HolderPlayer } from '../holding/holder-player.ts';
import {
  DELEGATES,
  GENESIS,
  LIGHTS,
  NETWORK,
  sealed,
  selfOf,
  type Sealed,
} from '../holding/kept-city.ts';
import { rollOfLights } from '../listed.ts';
import { moment, WALL } from '../moments.ts';

/** Short spans, and rates that show with a kilobyte. */
export const POLICY: Policy = {
  ...DEFAULTS,
  audits: { ...DEFAULTS.audits, epochMs: 20_000 },
  rewards: { ...DEFAULTS.rewards, lightPerGibDay: 20_000_000_000, epochMs: 40_000 },
};
/** One delegate audits all. */
export const ALONE: Genesis = { ...GENESIS, delegates: GENESIS.delegates.slice(0, 1) };
export const ME = DELEGATES[0];
export const AUDIT = address(ME, 'audit');

/** The lights that hold a row of each transaction. */
export const HOLDING = LIGHTS.slice(0, 5);

export interface Answer {
  readonly proved: Proved | undefined;
  /** There and back, and whatever it does. */
  readonly tookMs: number;
}
export type Behaviour = (prove: Prove, honest: () => Proved | undefined) => Answer;

/** Half a millisecond apart from one another: nobody is quite alike. */
export const honest: Behaviour = (prove, answer) => ({
  proved: answer(),
  tookMs: 3 + (prove.nonce[0]! % 3) / 4 + (prove.wanted.length > 0 ? 0.5 : 0),
});

/** Features are in the terms: `sealed` makes them without. */
const audited = (made: Sealed): Sealed => ({
  ...made,
  manifest: {
    ...made.manifest,
    lightUntil: WALL + 100 * 86_400_000,
    terms: { ...made.manifest.terms, features: ['audits_enabled'] },
  },
});

export const transactions = (count: number): Sealed[] => sealed(count).map(audited);

/** A holder with these rows on its disk. */
export function holderWith(node: NodeAddress, row: number, all: readonly Sealed[]): HolderPlayer {
  const player = new HolderPlayer({ ...selfOf(node), role: 'light' });
  for (const { manifest, pieces } of all) {
    const tree = pieceTreeOf(manifest);
    const held = {
      row,
      rows: rowsOf(manifest),
      pieceRoot: tree.root,
      path: pathOf(tree, row),
      piece: pieces[row]!,
    };
    player.disk.set(pieceKey('light', manifest.txId, row), {
      value: heldBytes(held),
      expiresAt: WALL * 2,
    });
  }
  player.settle();
  return player;
}

export interface TownOptions {
  readonly all: readonly Sealed[];
  readonly behaviour?: ReadonlyMap<NodeAddress, Behaviour>;
  readonly policy?: Policy;
  readonly plant?: AuditPlant;
  readonly answer?: (node: NodeAddress, prove: Prove) => Proved | undefined;
}

interface Due {
  readonly atMs: number;
  readonly input: () => AuditHears | Signal;
  readonly from: Address | undefined;
}

const PAGE = 64;

export class Town {
  readonly holders = new Map<NodeAddress, HolderPlayer>();
  readonly acts: Ordered[] = [];
  /** What rewards have come to: this delegate orders alone. */
  readonly objects = new Map<string, CityObject>();
  readonly suspects: Suspect[] = [];
  readonly scores = new Map<NodeAddress, number>();
  /** Rows asked of each. */
  readonly asked = new Map<NodeAddress, number>();
  /** When anybody was asked, and for how many rows. */
  readonly challenges: {
    readonly node: NodeAddress;
    readonly atMs: number;
    readonly rows: number;
  }[] = [];
  /** Which, in their order: of each holder and span. */
  readonly drawn = new Map<string, string[]>();
  readonly disk = new Map<string, Uint8Array>();
  readonly #options: TownOptions;
  readonly #byId: Map<string, Sealed>;
  readonly #roll = rollOfLights(ALONE, LIGHTS.slice(0, 5));
  #due: Due[] = [];
  state: Auditing;
  now = 0;

  constructor(options: TownOptions) {
    this.#options = options;
    this.#byId = new Map(options.all.map((each) => [hex(each.manifest.txId), each]));
    if (options.answer === undefined)
      for (const [row, node] of HOLDING.entries())
        this.holders.set(node, holderWith(node, row, options.all));
    this.state = this.#begin();
  }

  #begin(): Auditing {
    const { policy = POLICY, plant } = this.#options;
    const self = { ...selfOf(ME), genesis: ALONE };
    const [state, effects] = begin({ self, policy, plant }, moment(this.now), this.disk);
    this.state = state;
    this.#carry(effects);
    return state;
  }

  /** The process dies, and comes back with its disk. */
  restart(): void {
    this.#due = [];
    this.#begin();
  }

  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      this.#due.sort((a, b) => a.atMs - b.atMs);
      const next = this.#due[0];
      if (next === undefined || next.atMs > end) break;
      this.#due.shift();
      this.now = Math.max(this.now, next.atMs);
      this.hear(next.input(), next.from);
    }
    this.now = end;
  }

  hear(input: AuditHears | Signal, from?: Address): readonly Effect<Spoken>[] {
    const [, effects] = step(
      this.state,
      input,
      moment(this.now, from === undefined ? {} : { from }),
    );
    invariants(this.state);
    this.#carry(effects);
    return effects;
  }

  /** What was found of a holder, over all acts. */
  found(node: NodeAddress): { sound: number; lacking: number; silent: number; false: number } {
    const sum = { sound: 0, lacking: 0, silent: 0, false: 0 };
    for (const { signed } of this.acts) {
      const { what } = signed.act;
      if (what.says !== 'audit') continue;
      for (const record of what.records.filter(({ holder }) => holder === node))
        for (const word of Object.keys(sum) as (keyof typeof sum)[]) sum[word] += record[word];
    }
    return sum;
  }

  #later(ms: number, input: () => AuditHears | Signal, from?: Address): void {
    this.#due.push({ atMs: this.now + ms, input, from });
  }

  #carry(effects: readonly Effect<Spoken>[]): void {
    for (const effect of effects) this.#does(effect);
  }

  #does(effect: Effect<Spoken>): void {
    switch (effect.do) {
      case 'ask':
        return this.#asked(effect);
      case 'compute': {
        const { id, job, input } = effect;
        const jobs = { ...AUDIT_JOBS, ...PRESENCE_JOBS };
        return this.#later(0, () => ({ kind: 'computed', id, output: jobs[job]!(input) }));
      }
      case 'wake':
        return this.#later(effect.inMs, () => ({ kind: 'wake', id: effect.id }));
      case 'keep':
        for (const { key, value } of effect.writes)
          if (value === undefined) this.disk.delete(key);
          else this.disk.set(key, value);
        return;
      case 'send':
        return this.#said(effect.to, effect.message);
      default:
        return;
    }
  }

  #said(to: Address, message: Spoken): void {
    if (message.kind === 'repair.suspect') this.suspects.push(message as Suspect);
    if (message.kind === 'presence.score')
      this.scores.set((message as Score).node, (message as Score).permille);
    if (nameOf(to) !== 'presence') return;
    const rolls = [this.#roll];
    if (message.kind === 'presence.follow')
      for (const each of announcementsFor(rolls, message as never)) this.#later(1, () => each, to);
    if (message.kind === 'presence.fetch') {
      const page = pageFor(rolls, message as never)!;
      this.#later(1, () => page, to);
    }
  }

  #asked({ id, to, message, withinMs }: Extract<Effect<Spoken>, { do: 'ask' }>): void {
    const answered = (answer: Spoken, ms: number) =>
      this.#later(ms, () => ({ kind: 'answered', id, message: answer }));
    if (message.kind === 'holder.prove') {
      const { proved, tookMs } = this.#proves(nodeOf(to), message as Prove);
      if (proved !== undefined && tookMs < withinMs) return answered(proved, tookMs);
      return this.#later(withinMs, () => ({ kind: 'unanswered', id, why: 'deadline' }));
    }
    answered(this.#ledger(message), 1);
  }

  #proves(node: NodeAddress, prove: Prove): Answer {
    const rows = prove.wanted.map(({ txId }) => hex(txId));
    this.asked.set(node, (this.asked.get(node) ?? 0) + rows.length);
    this.challenges.push({ node, atMs: this.now, rows: rows.length });
    const span = `${node} ${this.state.round?.span.sinceMs}`;
    this.drawn.set(span, [...(this.drawn.get(span) ?? []), ...rows]);
    const behaviour = this.#options.behaviour?.get(node) ?? honest;
    return behaviour(prove, () => this.honest(node, prove));
  }

  /** What the real machine of a holder says. */
  honest(node: NodeAddress, prove: Prove): Proved | undefined {
    const { answer } = this.#options;
    if (answer !== undefined) return answer(node, prove);
    const player = this.holders.get(node)!;
    player.said.length = 0;
    player.now = this.now;
    player.hear(prove, AUDIT);
    player.settle();
    return player.said[0]?.message as Proved | undefined;
  }

  #ledger(message: Spoken): Spoken {
    switch (message.kind) {
      case 'ledger.held-by':
        return this.#lists(message as AskHeldBy);
      case 'ledger.ask':
        return this.#tells((message as AskTx).txId);
      case 'ledger.chain':
        return this.#chain(message as AskChain);
      case 'ledger.acts': {
        const { from } = message as AskActs;
        const acts = this.acts.slice(from - 1, from + 15);
        return Acted.of({ next: from + acts.length, acts });
      }
      case 'ledger.object': {
        const { name } = message as AskObject;
        return ToldObject.of({
          name,
          height: 1,
          object: this.objects.get(hex(name)),
          proof: undefined,
        });
      }
      default: {
        this.#orders((message as OfferAct).act);
        return ActHeld.of({ id: new Uint8Array(32) });
      }
    }
  }

  #orders(signed: SignedAct): void {
    if (!verify(actVerifyJob(NETWORK, signed))) throw new Error('an act is signed');
    this.acts.push({ at: WALL + Math.floor(this.now), height: 1, signed });
    const { genesis, node } = this.state.of.self;
    const of = genesis.delegates.findIndex((each) => each.node === node);
    const seats = [{ of, stake: 1n }];
    const ledger = { self: { genesis }, stakes: { seats } } as unknown as Ledger;
    const errand = payrollErrand(ledger, signed);
    const where = {
      city: genesis.place,
      atMs: 0,
      cities: new Set<Place>(),
      transferMsMax: 0,
    };
    if (errand === undefined) return;
    for (const [name, object] of execute([errand], this.objects, where).after)
      this.objects.set(name, object);
  }

  /** Page 1 is the oldest; the newest has no number. */
  #lists({ pages }: AskHeldBy): Listed {
    const { all } = this.#options;
    const newest = Math.ceil(all.length / PAGE);
    const asked = pages.length > 0 ? pages : [newest];
    const txs = asked.flatMap((at) => all.slice((at - 1) * PAGE, at * PAGE));
    const at = asked.at(-1)!;
    return Listed.of({
      txs: txs.map(({ manifest }) => manifest.txId).slice(0, BATCH_MAX),
      next: at > 1 ? at - 1 : undefined,
    });
  }

  #tells(txId: Uint8Array): Told {
    const { cover, manifest } = this.#byId.get(hex(txId))!;
    const acks = HOLDING.map((_, row) => ({
      row,
      batch: new Uint8Array(32),
      leaf: 0,
      path: new Uint8Array(),
    }));
    const cert = { txId, manifestHash: manifestHashOf(manifest), acks };
    return Told.of({
      txId,
      known: 'ordered',
      state: 'COMMITTED',
      cause: undefined,
      cover,
      manifest,
      cert,
      proof: undefined,
      quorum: undefined,
      expiresAt: undefined,
      fate: SOUND,
    });
  }

  #chain({ from }: AskChain): Chained {
    return Chained.of({ height: 1, batches: from === 1 ? [FIRST] : [] });
  }
}

const FIRST: Committed = {
  batch: cityBatch(
    {
      place: ALONE.place,
      epoch: 0,
      height: 1,
      prev: NONE,
      proposer: ME,
      round: 1,
      at: stampBytes({ wallMs: WALL, count: 0 }),
      stateRoot: NONE,
    },
    [],
    undefined,
  ),
  quorum: { votes: [] },
};
