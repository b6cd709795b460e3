/**
 * Structured logs: one JSON object a line, on standard error. Text that came from a peer cannot break
 * a line or grow it (JSON escapes control characters; each field is cut at 1 KiB), and only fields
 * that were named are written: no payload, no key, no token.
 */
export type Level = 'debug' | 'info' | 'warn' | 'error';
export type LogField = string | number | boolean | undefined;
export type Log = (
  level: Level,
  event: string,
  fields?: Readonly<Record<string, LogField>>,
) => void;

const FIELD_CHARS_MAX = 1_024;
const RANK: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

const cut = (value: LogField): LogField =>
  typeof value === 'string' && value.length > FIELD_CHARS_MAX
    ? `${value.slice(0, FIELD_CHARS_MAX)}…`
    : value;

export function makeLog(
  write: (line: string) => void,
  wall: () => number,
  least: Level = 'info',
  always: Readonly<Record<string, LogField>> = {},
): Log {
  return (level, event, fields = {}) => {
    if (RANK[level] < RANK[least]) return;
    const line: Record<string, LogField> = { at: new Date(wall()).toISOString(), level, event };
    for (const [name, value] of Object.entries({ ...always, ...fields })) line[name] = cut(value);
    write(`${JSON.stringify(line)}\n`);
  };
}
