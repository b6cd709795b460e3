/**
 * What other nodes may send, and what is left behind by those who never do their part: it costs a bounded
 * amount, and changes nothing for others. Method: scripted actors, envelopes by hand.
 */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '#config/limits.ts';
import { answer, ask, end, type Ticket } from '#protocols/effect.ts';
import type { Envelope } from '#protocols/envelope.ts';
import type { Address } from '#protocols/subjects.ts';
import { at, far, on, say, scripted } from './scripted.ts';

const tellFrom = (from: Address, number?: number, withinMs = 50): Envelope =>
  ({
    form: number === undefined ? 'tell' : 'ask',
    to: at('a'),
    from,
    incarnation: 1,
    kind: 'test.say',
    body: Uint8Array.of(0x92, 1, 0xa0),
    traceparent: undefined,
    ...(number !== undefined && { number, withinMs }),
  }) as Envelope;

describe('from other nodes', () => {
  it('two askers may use the same number: both hear of the end', () => {
    const { manual, sent, system, actor, receive } = scripted();
    const taken: Ticket[] = [];
    system.spawn(
      actor('a', (_, { ticket }) => {
        taken.push(ticket!);
        return taken.length === 3 ? [answer(taken[0]!, say(1)), end()] : [];
      }),
    );
    manual.settle();
    receive(tellFrom(far('x', 'n2'), 5));
    receive(tellFrom(far('x', 'n3'), 5));
    receive(tellFrom(far('x', 'n4'), 5));
    manual.settle();
    expect(sent.map(({ form, to }) => `${form} ${to}`)).toEqual([
      `answer ${far('x', 'n2')}`,
      `refusal ${far('x', 'n3')}`,
      `refusal ${far('x', 'n4')}`,
    ]);
  });

  it('asks that nobody answers cost a bounded number of refusals, and none when they are over', () => {
    for (const [passed, refused] of [
      [0, LIMITS.owedAnswersMax],
      [1_000, 0],
    ] as const) {
      const { manual, sent, system, actor, receive } = scripted();
      system.spawn(actor('a'));
      manual.settle();
      for (let number = 1; number <= 2 * LIMITS.owedAnswersMax; number++) {
        receive(tellFrom(far('x'), number));
        if (number % 500 === 0) manual.settle();
      }
      manual.pass(passed);
      system.stop(at('a'), 'kill');
      manual.settle();
      expect(sent.length).toBe(refused);
    }
  });

  it('answers and refusals with numbers of others, or of nobody, change nothing', () => {
    const { manual, log, dead, sent, system, actor, tell, receive } = scripted();
    system.spawn(actor('a', on(1, ask('q', far('y'), say(1), 50))));
    system.spawn(actor('b'));
    tell('a', 1);
    manual.settle();
    const from = { from: far('y'), incarnation: 1 } as const;
    const body = { kind: 'test.say', body: Uint8Array.of(0x92, 1, 0xa0) } as const;
    const { number: own } = sent[0] as Extract<Envelope, { form: 'ask' }>;
    for (const number of [0, own, own + 1, 2 ** 52]) {
      receive({ form: 'answer', to: at('b'), ...from, number, ...body });
      receive({ form: 'answer', to: at('outside'), ...from, number, ...body });
      receive({ form: 'refusal', to: at('b'), ...from, number, why: 'dead' });
    }
    manual.settle();
    expect(log).toEqual(['a<1']);
    expect(dead).toEqual(Array.from({ length: 8 }, () => 'late-answer'));
    receive({ form: 'answer', to: at('a'), ...from, number: own, ...body });
    receive({ form: 'answer', to: at('a'), ...from, number: own, ...body });
    manual.pass(100);
    expect(log).toEqual(['a<1', 'a<answered:q']);
  });
});
