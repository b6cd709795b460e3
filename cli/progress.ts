/** The ring as it turns, for whoever looks at `up --show`: outcomes by the second, from public notes. */
import { text } from '#lib/bytes.ts';
import type { Ring } from '#protocols/ring.ts';
import type { Filter, Place } from '#protocols/subjects.ts';
import type { Wire } from '#runtime/ports.ts';

const EVERY_MS = 1_000;

/** Shows until the result is called. */
export function showProgress(
  wire: Wire,
  at: Place,
  { nodes, slots }: Ring,
  asJson: boolean,
): () => void {
  const outcomes = new Map<string, number>();
  const drivers = new Set<string>();
  const leave = wire.listen(`cc1.note.${at}.ring.>` as Filter, ({ bytes }) => {
    const note = JSON.parse(text(bytes)) as { from: string; fact: { outcome?: string } };
    const outcome = note.fact.outcome ?? 'turned';
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    drivers.add(note.from);
  });
  let before = 0;
  const timer = setInterval(() => {
    const all = outcomes.get('turned') ?? 0;
    const now = { turns: all, perSecond: all - before, refused: outcomes.get('refused') ?? 0 };
    before = all;
    if (asJson) console.log(JSON.stringify({ event: 'progress', ...now, drivers: drivers.size }));
    else
      draw(
        `turns ${now.turns} (+${now.perSecond}/s), given up ${now.refused}, ${drivers.size} of ${nodes.length} nodes have turned the ring of ${slots} slots`,
      );
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    leave();
    if (process.stdout.isTTY && !asJson) process.stdout.write('\n');
  };
}

/** One line that renews itself on a terminal, a line each time elsewhere. */
function draw(line: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\u001b[2K${line}`);
  else console.log(line);
}
