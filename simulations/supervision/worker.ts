/**
 * Workers that do as they are told and write down what happens to them, and the book they write in.
 */
import { catalogue, message, text, type Infer } from '#protocols/codec.ts';
import { crashed, end, NORMAL, NOTHING, SHUTDOWN, wake, type Json } from '#protocols/effect.ts';
import type { Reason } from '#protocols/effect.ts';
import type { Address } from '#protocols/subjects.ts';
import { anyActor, IGNORE, type AnyActor } from '#runtime/actor.ts';

/** End by yourself, for this reason (JSON). */
export const Exit = message('worker.exit', { reason: text(4_096) });
const TALK = catalogue(Exit);
type Talk = Infer<typeof TALK>;

/** What is known of a child over all its lives. */
export interface Page {
  readonly id: string;
  readonly address: Address;
  /** Lives that began. A start that failed or was declined is none. */
  lives: number;
  /** This many of the next starts fail. */
  failing: number;
  /** This many of the next starts are declined. */
  ignoring: number;
  /** It does not stop when it is asked to. */
  stubborn: boolean;
  /** It takes so long to stop. */
  slowMs: number;
}

export type Event = readonly Json[];

export class Book {
  readonly pages = new Map<string, Page>();
  #events: Event[] = [];
  readonly #addressOf: (number: number) => Address;

  constructor(addressOf: (number: number) => Address) {
    this.#addressOf = addressOf;
  }

  page(id: string): Page {
    let page = this.pages.get(id);
    if (page === undefined) {
      const address = this.#addressOf(this.pages.size);
      const manners = { failing: 0, ignoring: 0, stubborn: false, slowMs: 0 };
      page = { id, address, lives: 0, ...manners };
      this.pages.set(id, page);
    }
    return page;
  }

  pageOf(address: Address): Page | undefined {
    for (const page of this.pages.values()) if (page.address === address) return page;
    return undefined;
  }

  write(...event: Event): void {
    this.#events.push(event);
  }

  /** Everything written since it was last taken. */
  take(): readonly Event[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

/** The reason that an actor gives, of the reason that a scenario names. */
export function reasonOf(reason: Json): Reason {
  if (reason === 'normal') return NORMAL;
  if (reason === 'shutdown') return SHUTDOWN;
  const detail = typeof reason === 'string' ? reason : JSON.stringify(reason);
  return Array.isArray(reason) && reason[0] === 'shutdown'
    ? { how: 'shutdown', detail }
    : crashed(detail);
}

export function worker(book: Book, id: string): AnyActor {
  const page = book.page(id);
  return anyActor<null, Talk, Talk>({
    address: page.address,
    listens: TALK,
    lingers: true,
    start: () => {
      if (page.ignoring > 0) {
        page.ignoring--;
        book.write('ignored', id);
        return IGNORE;
      }
      if (page.failing > 0) {
        page.failing--;
        book.write('start_failed', id);
        return [null, [end(crashed('cannot_start'))]];
      }
      book.write('started', id, ++page.lives);
      return [null, NOTHING];
    },
    receive: (_, input) => {
      if (input.kind === 'worker.exit') {
        const reason = JSON.parse(input.reason) as Json;
        book.write('exiting', id, page.lives, reason);
        return [null, [end(reasonOf(reason))]];
      }
      if (input.kind === 'stop' && page.stubborn) {
        book.write('ignoring_shutdown', id, page.lives);
        return [null, NOTHING];
      }
      if (input.kind === 'stop' && page.slowMs > 0) return [null, [wake('slow', page.slowMs)]];
      if (input.kind !== 'stop' && input.kind !== 'wake') return [null, NOTHING];
      book.write('stopped', id, page.lives, 'shutdown');
      return [null, [end(SHUTDOWN)]];
    },
  });
}
