/**
 * Who is up: what the supervisor says of its processes, without those that are frozen or cut off just now. A process
 * that hangs has a number still; the next one has another.
 */
import type { NodeAddress } from '#protocols/subjects.ts';
import type { Looked } from '../drill/deeds.ts';

export class Ups {
  readonly #processOf: (node: NodeAddress) => string;
  #looked: Looked | undefined;
  readonly #away = new Map<string, number | null>();
  readonly #cut = new Set<string>();

  constructor(processOf: (node: NodeAddress) => string) {
    this.#processOf = processOf;
  }

  saw(looked: Looked): void {
    this.#looked = looked;
  }

  /** Killed or frozen: this one is not up any more, whatever is said of its number. */
  gone(id: string, pid: number | null): void {
    this.#away.set(id, pid);
  }

  thawed(id: string): void {
    this.#away.delete(id);
  }

  cut(id: string): void {
    this.#cut.add(id);
  }

  mended(id: string): void {
    this.#cut.delete(id);
  }

  pidOf(id: string): number | null {
    if (id === 'bus') return this.#looked?.bus.pid ?? null;
    return this.#looked?.processes.find((each) => each.id === id)?.pid ?? null;
  }

  /** Of all processes. */
  get areAllUp(): boolean {
    return this.#looked?.processes.every(({ id }) => this.#isProcessUp(id)) === true;
  }

  get isBusUp(): boolean {
    return this.#isRunning('bus') || this.#looked?.bus.kind !== 'nats-server';
  }

  isUp(node: NodeAddress): boolean {
    return this.#isProcessUp(this.#processOf(node));
  }

  #isProcessUp(id: string): boolean {
    return !this.#cut.has(id) && this.#isRunning(id);
  }

  #isRunning(id: string): boolean {
    const pid = this.pidOf(id);
    return pid !== null && (!this.#away.has(id) || this.#away.get(id) !== pid);
  }
}
