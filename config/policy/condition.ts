/**
 * Conditions of boosts: read from text, judged as numbers.
 *
 *   either  = all { "or" all }
 *   all     = one { "and" one }
 *   one     = "(" either ")" | time | light | "strained"
 *   time    = "time" [":"] HH:MM "-" HH:MM zone               23:00-06:00 goes over midnight
 *   light   = "p_light" [ "." continent ] ("<" | "<=" | ">" | ">=") decimal
 *
 * A window applies while the clocks on the walls of its zone show a time in it, whatever daylight
 * saving does: an hour that is skipped takes nothing but itself, an hour that comes twice counts twice.
 * What is not known of the lights satisfies no comparison. `strained` is what the city has found of its reads and
 * writes (protocols/slo/), and stands in the policy itself.
 */
import { assert } from '#lib/assert.ts';
import { fail, ok, type Result } from '#lib/result.ts';
import {
  COMPARISONS,
  MILLION,
  type Compare,
  type Condition,
  type Inputs,
  type Policy,
  type Zone,
} from '../policy.ts';
import { minuteOfDay, zoneNamed } from './zone.ts';

export const CONDITION_CHARS_MAX = 400;
export const TERMS_MAX = 64;
const DEPTH_MAX = 8;
/** Verdicts that wait while a condition is judged; each level of parentheses holds two. */
const WAITING_MAX = 30;
/** Decimals beyond millionths would be cut off. */
const DECIMALS_MAX = 6;

/** What is wrong, and where in the text. */
export interface Misread {
  readonly at: number;
  readonly expected: string;
}

export interface Read {
  readonly condition: Condition;
  /** All zones known so far, and those that the condition brings. */
  readonly zones: readonly Zone[];
}

export function readCondition(text: string, zones: readonly Zone[] = []): Result<Read, Misread> {
  const reader = new ConditionReader(text, zones);
  return reader.read();
}

const TOKEN = /\s*(?:(\(|\)|<=|>=|<|>)|([^\s()<>=]+))/y;
const WINDOW = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/;
const MINUTES_OF_DAY = 24 * 60;
const NAME = /^p_light(?:\.([a-z]{1,16}))?$/;

interface Token {
  readonly text: string;
  readonly at: number;
}

/** One word after another; the first that does not fit ends it. */
class ConditionReader {
  readonly #tokens: readonly Token[];
  readonly #zones: Zone[];
  readonly #terms: Condition[number][] = [];
  #next = 0;
  #wrong: Misread | undefined;

  constructor(text: string, zones: readonly Zone[]) {
    this.#tokens = tokensOf(text);
    this.#zones = [...zones];
  }

  read(): Result<Read, Misread> {
    this.#either(0);
    if (this.#token.text !== '') this.#refuse('and, or, or the end');
    if (this.#terms.length > TERMS_MAX) this.#refuse(`at most ${TERMS_MAX} terms`);
    if (this.#wrong !== undefined) return fail(this.#wrong);
    return ok({ condition: this.#terms, zones: this.#zones });
  }

  #either(depth: number): void {
    this.#all(depth);
    while (this.#takes('or')) {
      this.#all(depth);
      this.#terms.push({ op: 'or' });
    }
  }

  #all(depth: number): void {
    this.#one(depth);
    while (this.#takes('and')) {
      this.#one(depth);
      this.#terms.push({ op: 'and' });
    }
  }

  #one(depth: number): void {
    if (depth > DEPTH_MAX) this.#refuse(`at most ${DEPTH_MAX} parentheses within another`);
    else if (this.#takes('(')) {
      this.#either(depth + 1);
      if (!this.#takes(')')) this.#refuse(')');
    } else if (this.#takes('time') || this.#takes('time:')) this.#time();
    else if (this.#takes('strained')) this.#terms.push({ op: 'strained' });
    else if (NAME.test(this.#token.text)) this.#light();
    else this.#refuse('time 23:00-06:00 Asia/Tokyo, p_light < 0.08, strained, or (');
  }

  #time(): void {
    const [, ...digits] = WINDOW.exec(this.#token.text) ?? [];
    const [hour, minute, toHour, toMinute] = digits.map(Number);
    const [from, to] = [60 * hour! + minute!, 60 * toHour! + toMinute!];
    const isOfDay = minute! < 60 && toMinute! < 60 && from < MINUTES_OF_DAY && to <= MINUTES_OF_DAY;
    if (!isOfDay) return this.#refuse('a window such as 23:00-06:00');
    if (from === to) return this.#refuse('a window that begins and ends at different times');
    this.#next++;
    const zone = this.#zone();
    if (zone < 0) return this.#refuse('a time zone such as Asia/Tokyo or UTC');
    this.#next++;
    this.#terms.push({ op: 'time', zone, from, to });
  }

  #zone(): number {
    const name = this.#token.text;
    const known = this.#zones.findIndex((zone) => zone.name === name);
    if (known >= 0 || this.#wrong !== undefined) return known;
    const zone = zoneNamed(name);
    return zone === undefined ? -1 : this.#zones.push(zone) - 1;
  }

  #light(): void {
    const continent = NAME.exec(this.#token.text)?.[1] ?? '';
    this.#next++;
    const compare = this.#token.text;
    if (!(COMPARISONS as readonly string[]).includes(compare))
      return this.#refuse('<, <=, > or >=');
    this.#next++;
    const millionths = millionthsOf(this.#token.text);
    if (millionths === undefined) {
      return this.#refuse(`a number from 0 to 1 with at most ${DECIMALS_MAX} decimals`);
    }
    this.#next++;
    this.#terms.push({ op: 'p_light', continent, compare: compare as Compare, millionths });
  }

  get #token(): Token {
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)]!;
  }

  #takes(word: string): boolean {
    const isIt = this.#wrong === undefined && this.#token.text === word;
    if (isIt) this.#next++;
    return isIt;
  }

  #refuse(expected: string): void {
    this.#wrong ??= { at: this.#token.at, expected };
  }
}

/** The words, and behind them an empty one at the end of the text. */
function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  let end = 0;
  for (let found = TOKEN.exec(text); found !== null; found = TOKEN.exec(text)) {
    const word = found[1] ?? found[2]!;
    end = TOKEN.lastIndex;
    tokens.push({ text: word, at: end - word.length });
  }
  const rest = text.slice(end);
  const isOver = rest.trim() === '';
  tokens.push({ text: isOver ? '' : rest, at: end + (isOver ? 0 : rest.search(/\S/)) });
  return tokens;
}

/** 0.08 is 80 000 of a million, without a fraction of floating point in between. */
function millionthsOf(text: string): number | undefined {
  const [, whole, decimals = ''] = /^([01]?)\.?(\d*)$/.exec(text) ?? [];
  if (whole === undefined || decimals.length > DECIMALS_MAX || text.replace('.', '') === '') {
    return undefined;
  }
  if (!text.includes('.') && decimals !== '') return undefined;
  const value = Number(whole) * MILLION + Number(decimals.padEnd(DECIMALS_MAX, '0'));
  return value <= MILLION ? value : undefined;
}

/** What the condition asks about; `local` stands for a light of no named continent. */
export type Asked = Pick<Inputs, 'at' | 'pLight'> &
  Pick<Policy, 'isStrained'> & { readonly local: string };

export function holds(condition: Condition, zones: readonly Zone[], asked: Asked): boolean {
  // Whether what was read so far holds, the latest in the lowest bit.
  let stack = 0;
  for (const term of condition) {
    if (term.op === 'and') stack = (stack >> 1) & (~1 | stack);
    else if (term.op === 'or') stack = (stack >> 1) | (stack & 1);
    else stack = (stack << 1) | (isSo(term, zones, asked) ? 1 : 0);
  }
  assert(stack >> 1 === 0, 'a condition leaves one verdict');
  return stack === 1;
}

/** Whether it can be judged: a condition that came as bytes may be any list of terms. */
export function isCondition(condition: Condition, zones: number): boolean {
  let waiting = 0;
  for (const term of condition) {
    if (term.op === 'time' && term.zone >= zones) return false;
    waiting += term.op === 'and' || term.op === 'or' ? -1 : 1;
    if (waiting < 1 || waiting > WAITING_MAX) return false;
  }
  return waiting === 1;
}

export type Test = Extract<Condition[number], { readonly op: 'time' | 'p_light' | 'strained' }>;

export const isTest = (term: Condition[number]): term is Test =>
  term.op !== 'and' && term.op !== 'or';

export function isSo(
  test: Test,
  zones: readonly Zone[],
  { at, pLight, local, isStrained }: Asked,
): boolean {
  if (test.op === 'strained') return isStrained;
  if (test.op === 'time') {
    const minute = minuteOfDay(zones[test.zone]!, at);
    const goesOverMidnight = test.from > test.to;
    return goesOverMidnight
      ? minute >= test.from || minute < test.to
      : minute >= test.from && minute < test.to;
  }
  const value = pLight.get(test.continent === '' ? local : test.continent);
  return value !== undefined && compares(value, test.compare, test.millionths);
}

function compares(value: number, compare: Compare, bound: number): boolean {
  switch (compare) {
    case '<':
      return value < bound;
    case '<=':
      return value <= bound;
    case '>':
      return value > bound;
    case '>=':
      return value >= bound;
  }
}
