/** Service discovery: who answers which question, and with what, as NATS' ADR-32 wants it. */
import { describe, expect, it } from 'vitest';
import { text } from '#lib/bytes.ts';
import type { Filter, Subject } from '#protocols/subjects.ts';
import { Hub } from '#runtime/hub.ts';
import { MemoryWire } from '#runtime/memory-wire.ts';
import { answerDiscovery } from '#runtime/services.ts';
import { Manual } from './manual.ts';

const service = (role: string, handled: number) => ({
  name: `city-${role}-asia`,
  description: `the ${role}s`,
  subject: `cc1.asia.ishikawa.komatsu.any.${role}.>`,
  handled,
  failed: 1,
});

function discovered() {
  const manual = new Manual();
  const hub = new Hub();
  const ask = (subject: string): Record<string, unknown>[] => {
    const heard: Record<string, unknown>[] = [];
    const wire = new MemoryWire(hub, manual.scheduler);
    wire.listen('tool.inbox' as Filter, ({ bytes, nobody }) => {
      if (!nobody) heard.push(JSON.parse(text(bytes)) as Record<string, unknown>);
    });
    wire.send(subject as Subject, new Uint8Array(0), { reply: 'tool.inbox' as Subject });
    manual.settle();
    wire.close();
    return heard;
  };
  const leave = ['p1', 'p2'].map((id) =>
    answerDiscovery({
      wire: new MemoryWire(hub, manual.scheduler),
      id,
      version: '0.1.0',
      startedAt: new Date(0),
      services: () => [service('holder', 5), service('presence', 7)],
    }),
  );
  return { ask, leave };
}

describe('service discovery', () => {
  it('is answered by every service of every process, by one name, or by one instance', () => {
    const { ask } = discovered();
    expect(ask('$SRV.PING').length).toBe(4);
    expect(ask('$SRV.PING.city-holder-asia').map(({ id }) => id)).toEqual(['p1', 'p2']);
    expect(ask('$SRV.PING.city-holder-asia.p2')).toEqual([
      {
        type: 'io.nats.micro.v1.ping_response',
        name: 'city-holder-asia',
        id: 'p2',
        version: '0.1.0',
        metadata: {},
      },
    ]);
    expect(ask('$SRV.PING.other')).toEqual([]);
  });
  it('says where a service listens, and what it has done', () => {
    const { ask } = discovered();
    expect(ask('$SRV.INFO.city-presence-asia.p1')).toMatchObject([
      { endpoints: [{ subject: 'cc1.asia.ishikawa.komatsu.any.presence.>' }] },
    ]);
    expect(ask('$SRV.STATS.city-presence-asia.p1')).toMatchObject([
      { started: '1970-01-01T00:00:00.000Z', endpoints: [{ num_requests: 7, num_errors: 1 }] },
    ]);
  });
  it('falls silent when it leaves', () => {
    const { ask, leave } = discovered();
    for (const each of leave) each();
    expect(ask('$SRV.PING')).toEqual([]);
  });
});
