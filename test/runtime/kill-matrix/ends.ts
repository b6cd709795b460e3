/** The cluster of the kill matrix: a nats-server and two processes, each of which may be struck. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { RunningServer } from '#runtime/nats-server/launch.ts';
import { launched } from '#test/runtime/nats-server/launched.ts';
import { scratch, type Scratch } from '#test/scratch.ts';
import type { Taken } from './judge.ts';
import type { Said } from './talk.ts';

export type Victim = 'near' | 'far' | 'server';

const END = join(import.meta.dirname, 'end.ts');
const PATIENT = { timeout: 60_000, interval: 5 };

/** A process of one end, in one of its lives. */
interface End {
  readonly child: ChildProcess;
  readonly life: number;
}

export class Ends {
  readonly #folder: Scratch;
  #server: RunningServer;
  #near: End | undefined;
  #far: End | undefined;

  private constructor(folder: Scratch, server: RunningServer) {
    this.#folder = folder;
    this.#server = server;
  }

  static async start(): Promise<Ends> {
    const folder = scratch();
    const ends = new Ends(folder, await launched(folder.path));
    await ends.revive('far');
    await ends.revive('near');
    return ends;
  }

  kill(victim: Victim): void {
    process.kill(this.#pidOf(victim), 'SIGKILL');
  }

  freeze(victim: Victim): void {
    process.kill(this.#pidOf(victim), 'SIGSTOP');
  }

  thaw(victim: Victim): void {
    process.kill(this.#pidOf(victim), 'SIGCONT');
  }

  /** The next life of who was killed: as an overseer would start it, at once. */
  async revive(victim: Victim): Promise<void> {
    if (victim === 'near') this.#near = await this.#startEnd('near', this.#near);
    else if (victim === 'far') this.#far = await this.#startEnd('far', this.#far);
    else {
      await this.#server.ended;
      this.#server = await launched(this.#folder.path, this.#server.port);
    }
  }

  /** All that each life of the far end wrote down. */
  get taken(): readonly Taken[] {
    return Array.from({ length: this.#far!.life }, (_, i) => takenIn(this.#fileOf(i + 1)));
  }

  /** Waits until the far end has heard that much more of the near end's present life. */
  async hears(more: number): Promise<void> {
    const before = this.#heard;
    await vi.waitFor(() => {
      if (this.#heard < before + more) throw new Error(`heard ${this.#heard} of ${before + more}`);
    }, PATIENT);
  }

  /** The near end says no more; once all of that was heard, how much it was. */
  async enough(): Promise<{ readonly life: number; readonly said: number }> {
    const { child, life } = this.#near!;
    const heard = once(child, 'message') as Promise<[Said]>;
    child.send('enough');
    const [{ n: said, refused }] = await heard;
    if (refused > 0)
      throw new Error(`${refused} of ${said} were refused: too much was said at once`);
    await vi.waitFor(() => {
      if (this.#heard < said) throw new Error(`heard ${this.#heard} of ${said}`);
    }, PATIENT);
    return { life, said };
  }

  async stop(): Promise<void> {
    for (const end of [this.#near, this.#far]) end?.child.kill('SIGKILL');
    process.kill(this.#server.pid, 'SIGKILL');
    await this.#server.ended;
    this.#folder.remove();
  }

  /** The last number heard of the near end's present life. */
  get #heard(): number {
    const { life } = this.#near!;
    const last = this.taken.flat().findLast(([of]) => of === life);
    return last?.[1] ?? 0;
  }

  #pidOf(victim: Victim): number {
    if (victim === 'server') return this.#server.pid;
    return (victim === 'near' ? this.#near : this.#far)!.child.pid!;
  }

  #fileOf(life: number): string {
    return join(this.#folder.path, `taken-${life}`);
  }

  async #startEnd(role: 'near' | 'far', before: End | undefined): Promise<End> {
    const life = (before?.life ?? 0) + 1;
    const child = fork(END, [role, this.#server.url, this.#fileOf(life), String(life)]);
    await once(child, 'message');
    return { child, life };
  }
}

function takenIn(file: string): Taken {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => line.split(' ').map(Number) as unknown as Taken[number]);
}
