/** One ledger with its disk, without an engine: jobs and reads are done as they are asked for. */
import { hex } from '#lib/bytes.ts';
import type { Effect, Moment, Plain, Signal } from '#protocols/effect.ts';
import * as machine from '#protocols/ledger/ledger.ts';
import { LEDGER_JOBS, type CheckInput } from '#protocols/ledger/jobs.ts';
import { LIVE } from '#protocols/ledger/records.ts';
import type { Ledger, LedgerSays } from '#protocols/ledger/state.ts';
import { PRESENCE_JOBS } from '#protocols/presence/jobs.ts';
import { PROOF_JOBS } from '#protocols/proof/jobs.ts';
import type { Self } from '#protocols/self.ts';
import { address, type Address } from '#protocols/subjects.ts';
import { millis } from '#protocols/ids.ts';
import { moment, WALL } from '../moments.ts';
import { CITY, POLICY, ROLL } from './kept.ts';
import { selfOf } from '../sample.ts';

const JOBS = { ...LEDGER_JOBS, ...PRESENCE_JOBS, ...PROOF_JOBS };

type Sent = { readonly to: Address; readonly message: LedgerSays };

export class Player {
  readonly self: Self;
  readonly disk = new Map<string, Uint8Array>();
  ledger!: Ledger;
  sent: Sent[] = [];
  readonly jobs: CheckInput[] = [];
  /** Certificates of which its ingress was told that they are kept. */
  kept: string[] = [];
  notes: { readonly topic: string; readonly fact: unknown }[] = [];
  now = 0;
  wall = WALL;
  /** Keys, as often as they were written. */
  puts: string[] = [];
  /** Keeps wait here while they are held back. */
  holdsKeeps = false;
  /** What was computed waits, and comes last first. */
  holdsJobs = false;
  #computed: Signal[] = [];
  /** What was read waits, as it was then. */
  holdsReads = false;
  #read: Signal[] = [];
  #held: Effect<LedgerSays>[] = [];

  constructor(delegate = 0, genesis = CITY.genesis) {
    this.self = selfOf(genesis, CITY.delegates[delegate]!);
    this.start();
  }

  get city(): Address {
    return address(this.self.node, 'city');
  }

  /** A life with nothing but the disk; what was being kept is lost. */
  start(): void {
    this.#held = [];
    const live = [...this.disk].filter(([name]) => name.startsWith(LIVE));
    const [ledger, effects] = machine.begin(this.self, POLICY, new Map(live));
    this.ledger = ledger;
    this.ledger.replica.rolls = [ROLL];
    this.#carryOut(effects);
  }

  hear(input: machine.LedgerHears | Signal, from?: Address): Sent[] {
    const before = this.sent.length;
    const at: Moment = moment(this.now, { from, wall: millis(this.wall + this.now) });
    const [, effects] = machine.step(this.ledger, input, at);
    machine.invariants(this.ledger);
    this.#carryOut(effects);
    return this.sent.slice(before);
  }

  /** What was held back reaches the disk. */
  release(): Sent[] {
    const before = this.sent.length;
    this.holdsKeeps = false;
    const held = this.#held;
    this.#held = [];
    this.#carryOut(held);
    return this.sent.slice(before);
  }

  releaseJobs(): Sent[] {
    const before = this.sent.length;
    this.holdsJobs = false;
    for (const computed of this.#computed.splice(0)) this.hear(computed);
    return this.sent.slice(before);
  }

  /** What was read arrives, by now perhaps no longer true. */
  releaseReads(): void {
    this.holdsReads = false;
    for (const read of this.#read.splice(0)) this.hear(read);
  }

  #carryOut(effects: readonly Effect<LedgerSays>[]): void {
    for (const effect of effects) this.#one(effect);
  }

  #one(effect: Effect<LedgerSays>): void {
    switch (effect.do) {
      case 'send':
        if (effect.message.kind === 'ingress.moved' && effect.message.state === 'POH_ACK')
          this.kept.push(hex(effect.message.cause!));
        else this.sent.push({ to: effect.to, message: effect.message });
        break;
      case 'answer':
        this.sent.push({ to: effect.ticket.asker, message: effect.message });
        break;
      case 'note':
        this.notes.push(effect);
        break;
      case 'recall': {
        const read = { kind: 'recalled', id: effect.id, value: this.disk.get(effect.key) } as const;
        if (this.holdsReads) this.#read.push(read);
        else this.hear(read);
        break;
      }
      case 'compute': {
        const job = (JOBS as Record<string, (input: Plain) => Plain>)[effect.job];
        if (effect.job === 'ledger.check') this.jobs.push(effect.input as unknown as CheckInput);
        if (job === undefined) break;
        const computed = {
          kind: 'computed',
          id: effect.id,
          output: job(effect.input),
        } as const;
        if (this.holdsJobs) this.#computed.unshift(computed);
        else this.hear(computed);
        break;
      }
      case 'keep':
        if (this.holdsKeeps) this.#held.push(effect);
        else this.#keep(effect);
        break;
      default:
    }
  }

  #keep({ id, writes }: Extract<Effect, { do: 'keep' }>): void {
    for (const { key, value } of writes) {
      if (value === undefined) this.disk.delete(key);
      else this.disk.set(key, value);
      this.puts.push(key);
    }
    this.hear({ kind: 'kept', id });
  }
}

/** Messages in few words. */
export const brief = ({ message }: Sent): string => {
  switch (message.kind) {
    case 'ledger.declined':
      return `declined ${message.reason}`;
    case 'ledger.held':
      return `held ${message.certs.length}`;
    case 'city.certified':
      return `certified ${message.entries.length}`;
    case 'city.applied':
      return `applied ${message.height}`;
    case 'ingress.moved':
      return `moved ${message.state} ${hex(message.txId).slice(0, 4)}`;
    default:
      return message.kind;
  }
};
