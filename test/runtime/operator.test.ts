/** Operators over the wire: what they see, what they may do, what is written down before it is done. */
import { describe, expect, it } from 'vitest';
import { text, utf8 } from '#lib/bytes.ts';
import { catalogue, message } from '#protocols/codec.ts';
import { NOTHING } from '#protocols/effect.ts';
import { address, nodeAddress, place, type Filter, type Subject } from '#protocols/subjects.ts';
import { anyActor } from '#runtime/actor.ts';
import { Hub } from '#runtime/hub.ts';
import { MemoryWire } from '#runtime/memory-wire.ts';
import { answerOperators, doSubject, LOOK } from '#runtime/operator.ts';
import { System } from '#runtime/system.ts';
import { Manual, seeded } from './manual.ts';

const node = nodeAddress(place('asia.ishikawa.komatsu'), 'n1');
const holder = address(node, 'holder');

function operated(actors = 1, bytesMax?: number, write?: () => never) {
  const manual = new Manual();
  const { clock, scheduler } = manual;
  const hub = new Hub();
  const system = new System({ clock, scheduler, entropy: seeded(1) });
  const Nothing = message('test.nothing', {});
  for (let i = 0; i < actors; i++) {
    system.spawn(
      anyActor({
        address: i === 0 ? holder : address(node, 'holder', i),
        listens: catalogue(Nothing),
        start: () => [null, NOTHING],
        receive: () => [null, NOTHING],
      }),
    );
  }
  manual.settle();
  const written: string[] = [];
  const audit = {
    write: write ?? ((deed: object) => void written.push(JSON.stringify(deed))),
    close: () => undefined,
  };
  const wire = new MemoryWire(hub, scheduler, {}, bytesMax);
  const parted: string[] = [];
  const leave = answerOperators({
    part: (who, isBack, then) => {
      parted.push(`${who} ${isBack}`);
      then([node]);
    },
    process: 'p1',
    wire,
    system,
    audit,
    describe: () => ({ pid: 7 }),
  });
  const operator = new MemoryWire(hub, scheduler);
  const request = (subject: Subject, body: Uint8Array): unknown[] => {
    const answers: unknown[] = [];
    const stop = operator.listen('op.inbox' as Filter, ({ bytes, nobody }) =>
      answers.push(nobody ? 'nobody' : JSON.parse(text(bytes))),
    );
    operator.send(subject, body, { reply: 'op.inbox' as Subject });
    manual.settle();
    stop();
    return answers;
  };
  return { system, manual, request, written, parted, leave };
}

const json = (value: unknown) => utf8(JSON.stringify(value));

describe('operators', () => {
  it('see every actor of a process', () => {
    const { request } = operated();
    expect(request(LOOK, utf8(''))).toMatchObject([
      {
        process: 'p1',
        pid: 7,
        actors: 1,
        sights: [{ address: holder, phase: 'running', restarts: 0 }],
      },
    ]);
  });
  it('kill an actor, after it is written down', () => {
    const { request, written, system } = operated();
    const answer = request(doSubject('p1'), json({ who: 'ada', did: 'kill', to: holder }));
    expect(answer).toEqual([{ done: `kill ${holder}` }]);
    expect(written).toEqual([JSON.stringify({ who: 'ada', did: 'kill', to: holder })]);
    expect(system.look()).toEqual([]);
  });
  it('say who is gone, and who is back after all, to whoever minds', () => {
    const { request, written, parted } = operated();
    const other = nodeAddress(place('asia.ishikawa.komatsu'), 'l7');
    for (const [i, did] of (['gone', 'back'] as const).entries()) {
      const deed = { who: 'ada', did, to: other };
      const answer = request(doSubject('p1'), json(deed));
      expect(answer).toEqual([{ done: `${did} ${other}`, noted: [node] }]);
      expect(written[i]).toBe(JSON.stringify(deed));
    }
    expect(parted).toEqual([`${other} false`, `${other} true`]);
  });
  it('are told what is wrong with a request, and nothing changes', () => {
    const { request, written, parted, system } = operated();
    for (const bad of [
      utf8('{'),
      utf8('null'),
      utf8('[]'),
      new Uint8Array(5_000),
      Uint8Array.of(0xff, 0xfe),
      json({ who: 'a b\n', did: 'kill', to: holder }),
      json({ who: 'ada', did: 'format', to: holder }),
      json({ who: 'ada', did: 'kill', to: 'cc1.>' }),
      json({ who: 'ada', did: 'kill', to: { length: 1 } }),
      json({ who: 'ada', did: 'gone', to: holder.slice(0, -7).replaceAll('.', '/') }),
    ]) {
      expect(request(doSubject('p1'), bad)).toMatchObject([{ refused: expect.any(String) }]);
    }
    expect([written, parted]).toEqual([[], []]);
    expect(system.look().length).toBe(1);
  });
  it('hear no more once the process stops answering', () => {
    const { request, leave } = operated();
    leave();
    expect(request(LOOK, utf8(''))).toEqual(['nobody']);
  });
});

it('shows as many as one answer carries', () => {
  const { request } = operated(500, 8_192);
  const [answer] = request(LOOK, utf8('')) as [{ actors: number; sights: unknown[] }];
  expect(answer.actors).toBe(500);
  expect(answer.sights.length).toBeGreaterThan(20);
});

it('does nothing that it cannot write down', () => {
  const { request, system } = operated(1, undefined, () => {
    throw new Error('ENOSPC');
  });
  const answers = request(doSubject('p1'), json({ who: 'op', did: 'kill', to: holder }));
  expect(answers).toEqual([{ refused: 'the audit log cannot be written: Error: ENOSPC' }]);
  expect(system.look().length).toBe(1);
});
