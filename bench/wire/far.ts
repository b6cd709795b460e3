/**
 * The far process of the wire bench: takes tells and answers asks, by the raw client and by actors,
 * and says what it got and what CPU it took.
 *
 *   node bench/wire/far.ts <url> <coalesces: 0 or 1> <actors>
 */
import { answer, NOTHING } from '#protocols/effect.ts';
import { anyActor } from '#runtime/actor.ts';
import { ECHO, FAR, join, RAW_ECHO, RAW_SINK, sink, TALK, type Talk } from './talk.ts';

export interface Got {
  readonly count: number;
  readonly sum: number;
  /** Numbers that were not one more than the one before. */
  readonly jumps: number;
  readonly cpuMicros: number;
}
/** Say what you got, once so many have come; `isNew`: count from none. */
export interface Order {
  readonly expected: number;
  readonly isNew: boolean;
}

const [url, coalesces, actors] = process.argv.slice(2) as [string, string, string];
const end = await join(url, coalesces === '1');
let [count, sum, jumps, last, expected] = [0, 0, 0, 0, Infinity];
let mark = process.cpuUsage();

function report(): void {
  const { user, system } = process.cpuUsage(mark);
  process.send!({ count, sum, jumps, cpuMicros: user + system } satisfies Got);
}

function got(n: number): void {
  if (n !== last + 1) jumps++;
  last = n;
  sum += n;
  if (++count === expected) report();
}

function obey(order: Order): void {
  if (order.isNew) {
    [count, sum, jumps, last] = [0, 0, 0, 0];
    mark = process.cpuUsage();
  }
  expected = order.expected;
  if (count >= expected) report();
}

process.on('message', obey);
process.on('disconnect', () => process.exit());

end.raw.subscribe(RAW_SINK, {
  callback: (_, { data }) => got(new DataView(data.buffer, data.byteOffset).getUint32(0)),
});
end.raw.subscribe(RAW_ECHO, {
  callback: (_, { reply, data }) => end.raw.publish(reply!, data),
});
for (let i = 0; i < Number(actors); i++) {
  end.system.spawn(
    anyActor<null, Talk, Talk>({
      address: sink(i),
      listens: TALK,
      mailboxMax: 1_000_000,
      start: () => [null, NOTHING],
      receive: (_, input) => {
        if (input.kind === 'bench.tell') got(input.n);
        return [null, NOTHING];
      },
    }),
  );
}
end.system.spawn(
  anyActor<null, Talk, Talk>({
    address: ECHO,
    listens: TALK,
    mailboxMax: 1_000_000,
    start: () => [null, NOTHING],
    receive: (_, input, { ticket }) =>
      ticket !== undefined && input.kind === 'bench.tell'
        ? [null, [answer(ticket, input)]]
        : [null, NOTHING],
  }),
);
await end.raw.flush();
await end.wire.flush();
process.send!('ready', () => void FAR);
