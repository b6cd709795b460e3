/**
 * Structured logs: one JSON object a line, on standard error. Text that came from a peer cannot break
 * a line or grow it (JSON escapes control characters; each field is cut at 1 KiB), and only fields
 * that were named are written: no payload, no key, no token.
 */
/** From least to most. */
export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof LEVELS)[number];
export type LogField = string | number | boolean | undefined;
export type Log = (
  level: Level,
  event: string,
  fields?: Readonly<Record<string, LogField>>,
) => void;

const FIELD_CHARS_MAX = 1_024;

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
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
    const line: Record<string, LogField> = { at: new Date(wall()).toISOString(), level, event };
    for (const [name, value] of Object.entries({ ...always, ...fields })) line[name] = cut(value);
    write(`${JSON.stringify(line)}\n`);
  };
}
