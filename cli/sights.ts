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
    return typeof look.process === 'string' && Array.isArray(look.sights) ? look : undefined;
  } catch {
    return undefined;
  }
}

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
  const nodes = new Set(sights.map((sight) => nodeOf(sight.address)));
  const actors = looks.reduce((total, look) => total + look.actors, 0);
  return `${looks.length} processes, ${nodes.size} nodes, ${actors} actors, ${sum((s) => s.waiting)} messages waiting, ${sum((s) => s.restarts)} restarts`;
}

function heading({ process, pid, api, uptimeMs }: Look, { colours }: Drawing): string {
  const up = uptimeMs === undefined ? '' : `  up ${duration(uptimeMs)}`;
  const where = [pid === undefined ? '' : `pid ${pid}`, api ?? ''].filter(Boolean).join('  ');
  return `${paint(process, 'bold', colours)}  ${where}${up}`;
}

/** Actors under their parents, in the order of their names; quiet nodes are one line. */
function rowsOf({ sights }: Look, all: boolean): Row[] {
  const children = Map.groupBy(sights, (sight) => sight.parent ?? '');
  const known = new Set(sights.map(({ address }) => address));
  const roots = sights.filter(({ parent }) => parent === null || !known.has(parent));
  const rows: Row[] = [];
  const add = (sight: Sighted, depth: number): void => {
    const below = children.get(sight.address) ?? [];
    const name = depth === 0 ? lastWords(sight.address, 2) : lastWords(sight.address, 1);
    rows.push({ depth, name, sight });
    for (const child of below.toSorted(byAddress)) {
      if (all || isTelling(child, children)) add(child, depth + 1);
    }
  };
  for (const root of roots.toSorted(byAddress)) add(root, 0);
  return rows;
}

function isTelling(sight: Sighted, children: ReadonlyMap<string, readonly Sighted[]>): boolean {
  const { restarts, waiting, phase, address } = sight;
  if (restarts > 0 || waiting > 0 || phase !== 'running') return true;
  return (children.get(address) ?? []).some((child) => isTelling(child, children));
}

function line({ depth, name, sight }: Row, { colours }: Drawing): string {
  const { phase, waiting, restarts, lastReason } = sight!;
  const isFine = phase === 'running';
  const parts = [
    `  ${'  '.repeat(depth)}${name}`.padEnd(34),
    paint(phase.padEnd(8), isFine ? 'green' : 'yellow', colours),
    waiting > 0 ? `${waiting} waiting` : '',
    restarts > 0 ? paint(`${restarts} restarts`, 'red', colours) : '',
    restarts > 0 || !isFine ? clean(lastReason ?? '') : '',
  ];
  return parts.filter(Boolean).join('  ').trimEnd();
}

/** A reason may hold what a peer sent: no terminal codes, no line breaks. */
const clean = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 80);

const byAddress = (a: Sighted, b: Sighted): number =>
  a.address.localeCompare(b.address, 'en', { numeric: true });
const lastWords = (address: string, count: number): string =>
  address.split('.').slice(-count).join('.');
const nodeOf = (address: string): string => address.split('.').slice(0, 4).join('.');
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
