/**
 * The owner's own policy file: other names for the same keys. What is renamed keeps its place, so that
 * a fault is shown where the owner wrote it; what is said under both names is refused.
 *
 * `anchor_total_pieces` is a total, so with it nothing is added for the loss of an anchor unless
 * `anchors.survive_loss_of` says so.
 */
import type { Renamed } from '../document.ts';
import { valueIn, type Path as EditPath } from '../edit.ts';
import { CONTINENT } from './file.ts';

type Path = readonly PropertyKey[];
type Tree = Record<PropertyKey, unknown>;

const KEYS: readonly (readonly [from: string, to: string])[] = [
  ['global.k', 'pieces.k'],
  ['global.light_unique_pieces', 'pieces.light_unique'],
  ['global.anchor_total_pieces', 'pieces.anchor_total'],
  ['global.split_strategy', 'pieces.split'],
  ['repair.anchor_ttl', 'repair.anchor_ttl_hours'],
  ['repair.repair_watermark_hours', 'repair.watermark_hours'],
  ['repair.online_piece_floor', 'repair.online_floor'],
  ['repair.reencode_symbol_size', 'repair.stripe_bytes'],
  ['allocation.split_ratio', 'anchors.split_ratio'],
  ['crypto.sig', 'crypto.signature'],
];

const WORDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'pieces.split': { eu_only: 'europe_only' },
  'crypto.signature': { dilithium2: 'ml-dsa-44', dilithium3: 'ml-dsa-65', dilithium5: 'ml-dsa-87' },
  'crypto.kem': { ntru: 'sntrup761' },
};

/** Sections that are only the owner's, which must be empty when all is renamed. */
const OWNERS = ['global', 'allocation'] as const;

export interface Understood extends Renamed {
  /** Which key became which, for people. */
  readonly notes: readonly string[];
}

export function understand(written: unknown): Understood {
  if (!isTree(written)) return { value: written, origin: (path) => path, faults: [], notes: [] };
  const renaming = new Renaming(structuredClone(written));
  for (const [from, to] of KEYS) renaming.move(from.split('.'), to.split('.'));
  renaming.boosts();
  renaming.continents();
  renaming.leftovers();
  renaming.words();
  return renaming.done();
}

/** The key that means a path in this text: the owner's own name, where the owner's is used. */
export const keyIn = (source: string, path: EditPath): EditPath =>
  // A path of keys stays one: names are moved, never made.
  understand(valueIn(source, [])).origin(path) as EditPath;

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

class Renaming {
  readonly #root: Tree;
  /** By the new path, the old one. */
  readonly #origins = new Map<string, Path>();
  readonly #faults: { path: Path; what: string }[] = [];
  readonly #notes: string[] = [];

  constructor(root: Tree) {
    this.#root = root;
  }

  move(from: Path, to: Path): void {
    const value = this.#take(from);
    if (value === undefined) return;
    if (this.#put(to, value)) this.#origins.set(keyOf(to), from);
    else {
      const what = `'${from.join('.')}' is '${to.join('.')}', which is said as well`;
      this.#faults.push({ path: from, what });
    }
    this.#notes.push(`${from.join('.')} is ${to.join('.')}`);
    if (from[1] === 'anchor_total_pieces' && this.#put(['anchors', 'survive_loss_of'], 'none')) {
      this.#notes.push('anchors.survive_loss_of is none, since that is a total');
    }
  }

  boosts(): void {
    const boosts = this.#root['boosts'];
    if (!Array.isArray(boosts)) return;
    for (const i of boosts.keys()) {
      this.move(['boosts', i, 'anchor_total_pieces_delta'], ['boosts', i, 'anchor_total']);
    }
  }

  /** A list of { name, anchors } is a map from the one to the other. */
  continents(): void {
    const path = ['allocation', 'continents'];
    const listed = this.#take(path);
    if (listed === undefined) return;
    const rows: unknown[] = Array.isArray(listed) ? listed : [listed];
    if (!this.#put(['anchors', 'per_continent'], {})) {
      this.#faults.push({ path, what: "'anchors.per_continent' is said as well" });
      return;
    }
    for (const [i, row] of rows.entries()) this.#continent([...path, i], row);
    this.#notes.push('allocation.continents is anchors.per_continent');
  }

  #continent(path: Path, row: unknown): void {
    const { name, anchors, ...others } = isTree(row) ? row : {};
    const isRow = Object.keys(others).length === 0 && anchors !== undefined;
    const to = ['anchors', 'per_continent', String(name)];
    if (isRow && CONTINENT.test(String(name)) && this.#put(to, anchors)) {
      this.#origins.set(keyOf(to), [...path, 'anchors']);
    } else {
      const what = `${path.join('.')} is ${JSON.stringify(row) ?? 'nothing'}, expected { name: asia, anchors: 3 } of another continent`;
      this.#faults.push({ path, what });
    }
  }

  leftovers(): void {
    for (const section of OWNERS) {
      const left = this.#root[section];
      if (!Object.hasOwn(this.#root, section)) continue;
      delete this.#root[section];
      if (!isTree(left)) {
        this.#faults.push({ path: [section], what: `${section} is no section of keys and values` });
        continue;
      }
      for (const key of Object.keys(left)) {
        const known = KEYS.map(([from]) => from).filter((from) => from.startsWith(section));
        const what = `there is no '${section}.${key}'; known there: ${known.join(', ')}`;
        this.#faults.push({ path: [section, key], what });
      }
    }
  }

  words(): void {
    for (const [key, words] of Object.entries(WORDS)) {
      const [section, name] = key.split('.') as [string, string];
      const within = this.#root[section];
      const value = isTree(within) ? within[name] : undefined;
      if (typeof value !== 'string' || !Object.hasOwn(words, value)) continue;
      (within as Tree)[name] = words[value];
      this.#notes.push(`${value} is ${words[value]}`);
    }
  }

  done(): Understood {
    const origin = (path: Path): Path => {
      for (let length = path.length; length > 0; length--) {
        const old = this.#origins.get(keyOf(path.slice(0, length)));
        if (old !== undefined) return [...old, ...path.slice(length)];
      }
      return path;
    };
    return { value: this.#root, origin, faults: this.#faults, notes: this.#notes };
  }

  #take(path: Path): unknown {
    const parent = path.slice(0, -1).reduce<unknown>((at, key) => own(at, key), this.#root);
    const last = path.at(-1)!;
    const value = own(parent, last);
    if (value !== undefined) delete (parent as Tree)[last];
    return value;
  }

  /** Unless something is there, or there is no room for it. */
  #put(path: Path, value: unknown): boolean {
    let at: unknown = this.#root;
    for (const key of path.slice(0, -1)) {
      if (own(at, key) === undefined && isTree(at)) at[key] = {};
      at = own(at, key);
    }
    const last = path.at(-1)!;
    if (!isTree(at) || own(at, last) !== undefined) return false;
    at[last] = value;
    return true;
  }
}

const own = (at: unknown, key: PropertyKey): unknown =>
  typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as Tree)[key] : undefined;

const keyOf = (path: Path): string => path.join('.');
