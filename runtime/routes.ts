/**
 * Routes: who listens to what, and who gets a message. The judgement of a NATS server: `*` stands for
 * one word, a final `>` for one or more; everybody gets a copy, except that of each queue group
 * exactly one member does, in turn.
 *
 * A tree with a level for each word of the filters. Answers are remembered by subject until somebody
 * comes or goes; the memory is bounded, since subjects are the senders' to choose.
 */

/** What listens. `queue` names its group, if any. */
export interface Listener {
  readonly filter: string;
  readonly queue: string | undefined;
}

export interface Matched<L> {
  readonly alone: readonly L[];
  /** Each of them gets the message once, by one member. */
  readonly groups: readonly (readonly L[])[];
}

interface Level<L> {
  readonly next: Map<string, Level<L>>;
  /** Whose filter ends here. */
  readonly here: Set<L>;
  /** Whose filter ends here in `>`. */
  readonly beyond: Set<L>;
}

const REMEMBERED_MAX = 4_096;

const level = <L>(): Level<L> => ({ next: new Map(), here: new Set(), beyond: new Set() });

export class Routes<L extends Listener> {
  readonly #root: Level<L> = level();
  readonly #remembered = new Map<string, Matched<L>>();
  readonly #rememberedMax: number;
  #turn = 0;

  constructor(rememberedMax = REMEMBERED_MAX) {
    this.#rememberedMax = rememberedMax;
  }

  add(listener: L): void {
    this.#place(listener.filter, true)!.add(listener);
    this.#remembered.clear();
  }

  remove(listener: L): void {
    this.#place(listener.filter, false)?.delete(listener);
    prune(this.#root, listener.filter.split('.'), 0);
    this.#remembered.clear();
  }

  match(subject: string): Matched<L> {
    const known = this.#remembered.get(subject);
    if (known !== undefined) return known;
    const found: L[] = [];
    collect(this.#root, subject.split('.'), 0, found);
    const matched = grouped(found);
    if (this.#remembered.size >= this.#rememberedMax) this.#remembered.clear();
    this.#remembered.set(subject, matched);
    return matched;
  }

  /** Calls `take` for everyone who gets a message on `subject`; says how many that were. */
  deliver(subject: string, take: (listener: L) => void, isFor?: (listener: L) => boolean): number {
    const { alone, groups } = this.match(subject);
    let taken = 0;
    for (const listener of alone) {
      if (isFor?.(listener) === false) continue;
      take(listener);
      taken++;
    }
    for (const group of groups) {
      const member = this.#oneOf(isFor === undefined ? group : group.filter(isFor));
      if (member === undefined) continue;
      take(member);
      taken++;
    }
    return taken;
  }

  #oneOf(group: readonly L[]): L | undefined {
    this.#turn = (this.#turn + 1) >>> 0;
    return group[this.#turn % group.length];
  }

  #place(filter: string, grow: boolean): Set<L> | undefined {
    let at = this.#root;
    const words = filter.split('.');
    for (const word of words) {
      if (word === '>') return at.beyond;
      let next = at.next.get(word);
      if (next === undefined) {
        if (!grow) return undefined;
        next = level();
        at.next.set(word, next);
      }
      at = next;
    }
    return at.here;
  }
}

function collect<L>(at: Level<L>, words: readonly string[], depth: number, found: L[]): void {
  if (depth === words.length) {
    for (const listener of at.here) found.push(listener);
    return;
  }
  for (const listener of at.beyond) found.push(listener);
  const next = at.next.get(words[depth]!);
  if (next !== undefined) collect(next, words, depth + 1, found);
  // Who publishes to a wildcard, which a server allows, is heard once.
  const any = words[depth] === '*' ? undefined : at.next.get('*');
  if (any !== undefined) collect(any, words, depth + 1, found);
}

function grouped<L extends Listener>(found: readonly L[]): Matched<L> {
  const groups = new Map<string, L[]>();
  const alone: L[] = [];
  for (const listener of found) {
    if (listener.queue === undefined) alone.push(listener);
    else {
      const group = groups.get(listener.queue);
      if (group === undefined) groups.set(listener.queue, [listener]);
      else group.push(listener);
    }
  }
  return { alone, groups: [...groups.values()] };
}

/** Takes away the branch of a filter that is no longer anybody's. */
function prune<L>(at: Level<L>, words: readonly string[], depth: number): boolean {
  const next = at.next.get(words[depth] ?? '');
  if (next !== undefined && prune(next, words, depth + 1)) at.next.delete(words[depth]!);
  return at.next.size === 0 && at.here.size === 0 && at.beyond.size === 0;
}
