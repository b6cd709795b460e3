/**
 * ISA-L, the native ceiling of erasure coding, where the machine has it (Debian: libisal2). A child
 * process loads it with Python's ctypes, codes the same rows with the same factors, checks the
 * pieces byte by byte, and prints the CPU time of one call. Absent library or Python: `undefined`.
 */
import { spawnSync } from 'node:child_process';

const DRIVER = `
import ctypes, json, statistics, sys, time
given = json.load(sys.stdin)
k, m, width = given['k'], given['m'], given['width']
isal = ctypes.CDLL('libisal.so.2')
factors = ctypes.create_string_buffer(bytes.fromhex(given['factors']))
tables = ctypes.create_string_buffer(32 * k * m)
isal.ec_init_tables(k, m, factors, tables)
block = lambda count, data: (ctypes.c_ubyte * (count * width)).from_buffer_copy(data)
rows = lambda block, count: (ctypes.c_void_p * count)(*[ctypes.addressof(block) + i * width for i in range(count)])
data, parity = block(k, bytes.fromhex(given['data'])), block(m, bytes(m * width))
sources, targets = rows(data, k), rows(parity, m)
def timed(count):
    start = time.process_time_ns()
    for _ in range(count): isal.ec_encode_data(width, k, m, tables, sources, targets)
    return (time.process_time_ns() - start) / count / 1000
timed(200)
micros = statistics.median(timed(1000) for _ in range(9))
print(json.dumps({'micros': micros, 'same': bytes(parity).hex() == given['parity']}))
`;

export interface IsalInput {
  readonly k: number;
  readonly m: number;
  readonly width: number;
  readonly factors: string;
  readonly data: string;
  readonly parity: string;
}

/** CPU microseconds for one encoding, after its result was found equal. */
export function isalMicros(input: IsalInput): number | undefined {
  const child = spawnSync('python3', ['-c', DRIVER], {
    input: JSON.stringify(input),
    encoding: 'utf8',
  });
  if (child.status !== 0) return undefined;
  const { micros, same } = JSON.parse(child.stdout) as { micros: number; same: boolean };
  if (!same) throw new Error('ISA-L computes other pieces than ours');
  return micros;
}
