/** What is seen of a calm town from outside: what steps cost, and how long acks take. */
import { threadCpuUsage } from 'node:process';
import { whole } from '#protocols/codec.ts';
import type { Envelope } from '#protocols/envelope.ts';
import { HoldAcks, HoldPieces } from '#protocols/sending.messages.ts';
import { roleOf, type Address } from '#protocols/subjects.ts';
import type { Checker, World } from '#simulations/world.ts';

const cpuUs = (): number => {
  const { user, system } = threadCpuUsage();
  return user + system;
};

/** CPU of each actor's steps with their effects: from one input's handling to whatever happens next. */
export class StepCosts implements Checker {
  readonly #us = new Map<Address, number>();
  #who: Address | undefined;
  #since = 0;

  readonly handled = (who: Address): void => {
    this.happens();
    this.#who = who;
    this.#since = cpuUs();
  };

  readonly happens = (): void => {
    if (this.#who === undefined) return;
    this.#us.set(this.#who, (this.#us.get(this.#who) ?? 0) + cpuUs() - this.#since);
    this.#who = undefined;
  };

  clear(): void {
    this.#us.clear();
  }

  /** Of the role, on the node where it cost most. */
  mostOf(role: string): number {
    const all = [...this.#us].filter(([who]) => roleOf(who) === role);
    return Math.max(0, ...all.map(([, us]) => us));
  }
}

/** From the first piece that is sent until so many acks have come back, one transaction after another. */
export class AckTimes implements Checker {
  readonly tookMs: number[] = [];
  readonly #world: World;
  readonly #enough: number;
  #askedAt: number | undefined;
  #acks = 0;

  constructor(world: World, enough: number) {
    this.#world = world;
    this.#enough = enough;
  }

  readonly sent = (envelope: Envelope): void => {
    if (envelope.form === 'tell' && envelope.kind === HoldPieces.kind)
      this.#askedAt ??= this.#world.nowMs;
  };

  readonly received = (envelope: Envelope): void => {
    if (envelope.form !== 'tell' || envelope.kind !== HoldAcks.kind) return;
    const before = this.#acks;
    this.#acks += whole(HoldAcks.body, envelope.body).acks.length;
    if (before < this.#enough && this.#acks >= this.#enough) {
      this.tookMs.push(this.#world.nowMs - this.#askedAt!);
    }
  };

  /** The next transaction is another one. */
  done(): void {
    this.#askedAt = undefined;
    this.#acks = 0;
  }
}
