/** Logs: whatever a peer puts into a field, it stays one short line, and only named fields appear. */
import { describe, expect, it } from 'vitest';
import { makeLog } from '#runtime/seen/log.ts';

function logged(write: (log: ReturnType<typeof makeLog>) => void): string[] {
  const lines: string[] = [];
  write(
    makeLog(
      (line) => lines.push(line),
      () => 0,
      'info',
      { node: 'n1' },
    ),
  );
  return lines;
}

describe('log', () => {
  it('writes one JSON line an event, with the fields that always go along', () => {
    const [line] = logged((log) => log('info', 'started', { port: 6000 }));
    expect(JSON.parse(line!)).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      level: 'info',
      event: 'started',
      node: 'n1',
      port: 6000,
    });
  });
  it('keeps line breaks, terminal codes and megabytes of a peer inside one short line', () => {
    const [line] = logged((log) =>
      log('warn', 'odd', { subject: `a\nb\u001b[31m${'x'.repeat(1_000_000)}` }),
    );
    expect(line!.length).toBeLessThan(1_300);
    expect(line!.indexOf('\n')).toBe(line!.length - 1);
    expect(line).not.toContain('\u001b');
  });
  it('leaves out what is below its level', () => {
    expect(logged((log) => log('debug', 'detail'))).toEqual([]);
  });
});
