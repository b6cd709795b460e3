/** Backends: which implementation is in force, who may force it, and what is said when it cannot be. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  backendsOf,
  choose,
  chooseFrom,
  primitive,
  survey,
  type Backend,
} from '#algorithms/backend.ts';

const gives = (name: string, value: number): Backend<number> => ({ name, make: () => value });
const breaks: Backend<number> = {
  name: 'broken',
  make: () => {
    throw new Error('no such instruction');
  },
};
const isSeven = (value: number) => value === 7;
let made = 0;
const fresh = (...backends: Backend<number>[]) => primitive(`p${++made}`, isSeven, backends);
const surveyOf = (name: string) => survey().find((entry) => entry.primitive === name);

describe('backends', () => {
  beforeEach(() => choose('*', 'auto'));
  afterEach(() => choose('*', 'auto'));

  it('takes the first that passes its self-test', () => {
    const p = fresh(
      { name: 'absent', make: () => undefined },
      breaks,
      gives('wrong', 8),
      gives('good', 7),
      gives('portable', 7),
    );
    expect(p.use()).toBe(7);
    expect(surveyOf(p.name)).toEqual({
      primitive: p.name,
      chosen: 'good',
      backends: [
        { name: 'absent', unfit: 'not available on this platform' },
        { name: 'broken', unfit: 'throws: Error: no such instruction' },
        { name: 'wrong', unfit: 'fails its self-test' },
        { name: 'good' },
        { name: 'portable' },
      ],
    });
  });

  it('lets a stand-in serve until it leaves, whatever is chosen meanwhile', () => {
    const p = fresh(gives('good', 7), gives('portable', 7));
    const leave = p.standIn(1);
    const leaveToo = p.standIn(2);
    choose(p.name, 'portable');
    expect(p.use()).toBe(2);
    expect(surveyOf(p.name)).toMatchObject({
      chosen: 'portable',
      backends: [{ name: 'good' }, { name: 'portable' }],
    });
    leaveToo();
    expect(p.use()).toBe(1);
    leave();
    expect(p.use()).toBe(7);
    expect(() => leave()).toThrow('stand-ins leave in the order of their coming');
  });

  it('hands out a backend by its name, where it runs', () => {
    const p = fresh(breaks, gives('good', 7), gives('portable', 7));
    expect([p.backend('good'), p.backend('broken'), p.backend('other')]).toEqual([
      7,
      undefined,
      undefined,
    ]);
  });

  it('makes each backend once', () => {
    let count = 0;
    const p = fresh({ name: 'portable', make: () => (count++, 7) });
    for (let i = 0; i < 3; i++) p.use();
    choose(p.name, 'portable');
    p.use();
    survey();
    expect(count).toBe(1);
  });

  it('lets a root force one, and take it back', () => {
    const p = fresh(gives('fast', 7), gives('portable', 7));
    expect(backendsOf(p.name)).toEqual(['fast', 'portable']);
    choose(p.name, 'portable');
    expect(surveyOf(p.name)?.chosen).toBe('portable');
    choose(p.name, 'auto');
    expect(surveyOf(p.name)?.chosen).toBe('fast');
  });

  it('reads choices as an operator writes them', () => {
    const [p, q] = [
      fresh(gives('fast', 7), gives('portable', 7)),
      fresh(gives('native', 7), gives('portable', 7)),
    ];
    chooseFrom('');
    chooseFrom(`portable,${q.name}=native`);
    expect(surveyOf(p.name)?.chosen).toBe('portable');
    expect(surveyOf(q.name)?.chosen).toBe('native');
    chooseFrom(`auto,${q.name}=auto`);
    expect(surveyOf(p.name)?.chosen).toBe('fast');
    for (const bad of ['a=b=c', 'a b', '=', 'a=']) expect(() => chooseFrom(bad)).toThrow(/is not/);
  });

  it('never falls back silently from a forced backend', () => {
    const p = fresh(breaks, gives('wrong', 8), gives('portable', 7));
    choose(p.name, 'wrong');
    expect(() => p.use()).toThrow('fails its self-test');
    choose(p.name, 'broken');
    expect(() => p.use()).toThrow('no such instruction');
    choose(p.name, 'typo');
    expect(() => p.use()).toThrow('there are broken,wrong,portable');
    choose(p.name, 'auto');
    expect(p.use()).toBe(7);
  });

  it('applies a choice made before the primitive is declared, and reports one that never is', () => {
    choose(`p${made + 1}`, 'portable');
    const p = fresh(gives('fast', 7), gives('portable', 7));
    expect(surveyOf(p.name)?.chosen).toBe('portable');
    choose('nobody', 'portable');
    expect(() => survey()).toThrow('there is no nobody=portable');
    choose('nobody', 'auto');
    choose('*', 'protable');
    expect(() => survey()).toThrow('there is no *=protable');
  });

  it('prefers what a root offers', () => {
    const p = fresh(gives('portable', 7));
    expect(p.use()).toBe(7);
    p.offer(gives('native', 7));
    expect(surveyOf(p.name)?.chosen).toBe('native');
  });

  it('insists on a portable form, and on one declaration', () => {
    expect(() => fresh(gives('fast', 7))).toThrow('has a portable form');
    const p = fresh(gives('portable', 7));
    expect(() => primitive(p.name, isSeven, [gives('portable', 7)])).toThrow('declared once');
  });
});
