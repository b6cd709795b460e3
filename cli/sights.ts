/**
 * The live tree of a cluster as text: processes, under them nodes, under them actors, each with what
 * it is doing, how much waits for it, how often it was restarted and why. Pure: `top` fetches, this
 * draws.
 */
import { styleText } from 'node:util';

/** One process's answer to `cc1.sys.look`; what comes from elsewhere is read with care. */
export interface Look {
  readonly process: string;
  readonly pid?: number;
  readonly api?: string;
  readonly bus?: string;
  readonly uptimeMs?: number;
  readonly actors: number;
  readonly sights: readonly Sighted[];
}

export interface Sighted {
  readonly address: string;
  readonly parent: string | null;
  readonly phase: string;
  readonly incarnation: number;
  readonly waiting: number;
  readonly restarts: number;
  readonly lastReason: string | null;
}

export interface Drawing {
  /** Every actor, instead of those with something to tell. */
  readonly all: boolean;
  readonly colours: boolean;
  readonly rowsMax: number;
}

interface Row {
  readonly depth: number;
  readonly name: string;
  readonly sight?: Sighted;
}

/** Reads an answer; `undefined` for what is not one, since anybody may answer. */
export function readLook(text: string): Look | undefined {
  try {
    const look = JSON.parse(text) as Look;
    const isLook =
      typeof look.process === 'string' &&
      Number.isSafeInteger(look.actors) &&
      Array.isArray(look.sights) &&
      look.sights.every(isSighted);
    return isLook ? look : undefined;
  } catch {
    return undefined;
  }
}

/** Whether everybody has answered: `up`, and whoever it says is running. */
export function hasAll(looks: readonly Look[]): boolean {
  const above = looks.find(({ process }) => process === 'up');
  const answered = new Set(looks.map(({ process }) => process));
  const running = above?.sights.filter(({ phase }) => phase === 'running');
  return running?.every(({ address }) => answered.has(address.split(' ')[0]!)) === true;
}

const isText = (value: unknown): boolean => value === null || typeof value === 'string';

const isSighted = (sight: unknown): boolean => {
  if (typeof sight !== 'object' || sight === null) return false;
  const { address, parent, phase, waiting, restarts, lastReason } = sight as Sighted;
  return (
    [address, phase].every((value) => typeof value === 'string') &&
    [parent, lastReason].every(isText) &&
    [waiting, restarts].every(Number.isSafeInteger)
  );
};

export function draw(looks: readonly Look[], drawing: Drawing): string {
  const processes = looks.toSorted((a, b) => (a.process < b.process ? -1 : 1));
  const lines = [summary(processes)];
  for (const look of processes) {
    lines.push('', heading(look, drawing));
    const rows = rowsOf(look, drawing.all);
    for (const row of rows.slice(0, drawing.rowsMax)) lines.push(line(row, drawing));
    if (rows.length > drawing.rowsMax) lines.push(`  … and ${rows.length - drawing.rowsMax} more`);
  }
  return lines.join('\n');
}

function summary(looks: readonly Look[]): string {
  const sights = looks.flatMap((look) => look.sights);
  const sum = (of: (sight: Sighted) => number): number =>
    sights.reduce((total, sight) => total + of(sight), 0);
  // What `up` itself shows are processes, not actors of nodes.
  const nodes = new Set(sights.flatMap(({ address }) => nodeOf(address) ?? []));
  const processes = looks.filter((look) => look.process !== 'up').length;
  const actors = looks.reduce((total, look) => total + look.actors, 0);
  return `${processes} processes, ${nodes.size} nodes, ${actors} actors, ${sum((s) => s.waiting)} messages waiting, ${sum((s) => s.restarts)} restarts`;
}

function heading({ process, pid, api, uptimeMs }: Look, { colours }: Drawing): string {
  const up = uptimeMs === undefined ? '' : `  up ${duration(uptimeMs)}`;
  const where = [pid === undefined ? '' : `pid ${pid}`, api ?? ''].filter(Boolean).join('  ');
  return `${paint(clean(process), 'bold', colours)}  ${clean(where)}${up}`;
}

/** Actors under their parents, in the order of their names; quiet nodes are one line. */
function rowsOf({ sights }: Look, all: boolean): Row[] {
  const known = new Set(sights.map(({ address }) => address));
  const isRoot = ({ parent }: Sighted): boolean => parent === null || !known.has(parent);
  const children = Map.groupBy(sights, (sight) => (isRoot(sight) ? undefined : sight.parent));
  const rows: Row[] = [];
  const shown = new Set<Sighted>();
  const add = (sight: Sighted, depth: number): void => {
    if (shown.has(sight)) return;
    shown.add(sight);
    const name = depth === 0 ? lastWords(sight.address, 2) : lastWords(sight.address, 1);
    rows.push({ depth, name, sight });
    for (const child of (children.get(sight.address) ?? []).toSorted(byAddress)) {
      if (all || isTelling(child, children)) add(child, depth + 1);
    }
  };
  // Whoever is its own ancestor, as no honest process says, is shown once or not at all.
  for (const root of (children.get(undefined) ?? []).toSorted(byAddress)) add(root, 0);
  return rows;
}

/** Deeper than any tree of ours. */
const DEPTH_MAX = 16;

type Children = ReadonlyMap<string | null | undefined, readonly Sighted[]>;

function isTelling(sight: Sighted, children: Children, depth = 0): boolean {
  const { restarts, waiting, phase, address } = sight;
  if (restarts > 0 || waiting > 0 || phase !== 'running') return true;
  const below = children.get(address) ?? [];
  return depth < DEPTH_MAX && below.some((child) => isTelling(child, children, depth + 1));
}

function line({ depth, name, sight }: Row, { colours }: Drawing): string {
  const { phase, waiting, restarts, lastReason } = sight!;
  const isFine = phase === 'running';
  const parts = [
    `  ${'  '.repeat(depth)}${clean(name)}`.padEnd(34),
    paint(clean(phase).padEnd(8), isFine ? 'green' : 'yellow', colours),
    waiting > 0 ? `${waiting} waiting` : '',
    restarts > 0
      ? paint(restarts === 1 ? '1 restart' : `${restarts} restarts`, 'red', colours)
      : '',
    restarts > 0 || !isFine ? clean(lastReason ?? '') : '',
  ];
  return parts.filter(Boolean).join('  ').trimEnd();
}

/** What others sent may hold anything: no terminal codes, no line breaks, no end. */
const clean = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 80);

const byAddress = (a: Sighted, b: Sighted): number =>
  a.address.localeCompare(b.address, 'en', { numeric: true });
const lastWords = (address: string, count: number): string =>
  address.split('.').slice(-count).join('.');
const nodeOf = (address: string): string | undefined =>
  /^[^.]+\.[^.]+\.[^.]+\.[^.]+(?=\.)/.exec(address)?.[0];
const paint = (
  text: string,
  style: 'bold' | 'green' | 'yellow' | 'red',
  colours: boolean,
): string => (colours ? styleText(style, text) : text);

export function duration(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}
