/** Asks to a role, without a wire: who answers, and who is passed over. */
import { describe, expect, it } from 'vitest';
import { answer, ask, watch } from '#protocols/effect.ts';
import { anyOf } from '#protocols/subjects.ts';
import { anyActor, type AnyActor } from '#runtime/actor.ts';
import { System } from '#runtime/system.ts';
import { Manual, seeded } from './manual.ts';
import { at, brief, komatsu, on, say, scripted, TALK, type Talk } from './scripted.ts';

describe('anyone', () => {
  it('is found without a wire, and passes over those between two lives', () => {
    const { clock, scheduler, settle } = bind(new Manual());
    const heard: string[] = [];
    const system = new System({ clock, scheduler, entropy: seeded(1) });
    const clerk = (name: string): AnyActor =>
      anyActor<null, Talk, Talk>({
        address: at(name),
        listens: TALK,
        anyone: true,
        start: () => [null, []],
        receive: (_, input, { ticket }) => {
          heard.push(name);
          if ('n' in input && input.n === 3) throw new Error('no');
          return [null, ticket === undefined ? [] : [answer(ticket, say(0))]];
        },
      });
    const asker = anyActor<null, Talk, Talk>({
      address: at('asker'),
      listens: TALK,
      start: () => [null, []],
      receive: (_, input) => {
        if (!('n' in input)) heard.push(brief(input));
        const to = anyOf(komatsu, 'clerk');
        return [null, 'n' in input ? [ask('q', to, say(input.n), 50)] : []];
      },
    });
    system.supervise(clerk('clerk_1'), 1, () => undefined);
    system.spawn(clerk('clerk_2'));
    system.spawn(asker);
    for (const n of [1, 1, 3, 1, 1]) {
      system.send(at('asker'), say(n));
      settle();
    }
    expect(heard.join(' ')).toBe(
      'clerk_1 answered:q clerk_2 answered:q clerk_1 unanswered:q:dead clerk_2 answered:q clerk_2 answered:q',
    );
  });
});

it('a watch on nobody in particular is a bug of whoever watches', () => {
  const { manual, system, actor, tell } = scripted();
  const heard: string[] = [];
  system.spawn(actor('a', on(1, watch(anyOf(komatsu, 'clerk')))), ({ kind }) => heard.push(kind));
  tell('a', 1);
  manual.settle();
  expect(heard).toEqual(['started', 'child-ended']);
});

const bind = (manual: Manual) => ({
  clock: manual.clock,
  scheduler: manual.scheduler,
  settle: () => manual.settle(),
});
