/**
 * The line between one process of a drill and the bus, which can be slow or cut. A cut line is silent in both
 * directions: nothing is refused and nothing is closed, as where a cable is pulled. What was on its way arrives when
 * it is mended, unless an end has hung up meanwhile.
 *
 *   process --> 127.0.0.1:port --(line)--> bus
 *
 * Cost: each byte passes through this process once more; only a drill has lines.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class Line {
  /** What the process connects to: the bus's own address, with this line's port. */
  readonly url: string;
  readonly #server: Server;
  readonly #wires = new Set<Wire>();
  #isCut = false;
  #slowMs = 0;

  static async open(bus: string): Promise<Line> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject));
    return new Line(server, new URL(bus));
  }

  private constructor(server: Server, bus: URL) {
    this.#server = server;
    const own = new URL(bus);
    own.hostname = '127.0.0.1';
    own.port = String((server.address() as AddressInfo).port);
    this.url = own.href.replace(/\/$/, '');
    server.on('connection', (near) => this.#join(near, bus));
  }

  cut(): void {
    this.#isCut = true;
    for (const wire of this.#wires) wire.hold();
  }

  mend(): void {
    this.#isCut = false;
    this.#slowMs = 0;
    for (const wire of this.#wires) wire.go(0);
  }

  /** In each direction. */
  slow(ms: number): void {
    this.#slowMs = ms;
    for (const wire of this.#wires) wire.go(ms);
  }

  close(): void {
    this.#server.close();
    for (const wire of this.#wires) wire.end();
  }

  #join(near: Socket, { hostname, port }: URL): void {
    const far = connect(Number(port), hostname.replace(/^\[|\]$/g, ''));
    const wire = new Wire(near, far, () => this.#wires.delete(wire));
    this.#wires.add(wire);
    if (this.#isCut) wire.hold();
    else wire.go(this.#slowMs);
  }
}

/** One for each of these addresses. */
export const openLines = (buses: readonly string[]): Promise<Line[]> =>
  Promise.all(buses.map((bus) => Line.open(bus)));

/** One connection: two directions that end together. */
class Wire {
  readonly #ways: readonly [Way, Way];
  readonly #sockets: readonly [Socket, Socket];
  #isHeld = false;

  constructor(near: Socket, far: Socket, ended: () => void) {
    this.#sockets = [near, far];
    this.#ways = [new Way(near, far), new Way(far, near)];
    for (const socket of this.#sockets) {
      socket.setNoDelay(true);
      // An end that hangs up while the line is cut is heard of when it is mended.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (this.#isHeld) return;
        this.end();
        ended();
      });
    }
  }

  hold(): void {
    this.#isHeld = true;
    for (const way of this.#ways) way.hold();
  }

  go(slowMs: number): void {
    this.#isHeld = false;
    if (this.#sockets.some((socket) => socket.destroyed)) this.end();
    else for (const way of this.#ways) way.go(slowMs);
  }

  end(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** One direction: what is read goes out after a while, in order. */
class Way {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #late: Buffer[] = [];
  #slowMs = 0;
  #isHeld = false;

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
    from.on('data', (chunk: Buffer) => this.#take(chunk));
    to.on('drain', () => void (this.#isHeld || from.resume()));
  }

  hold(): void {
    this.#isHeld = true;
    this.#from.pause();
  }

  go(slowMs: number): void {
    this.#isHeld = false;
    this.#slowMs = slowMs;
    this.#say();
    this.#from.resume();
  }

  #take(chunk: Buffer): void {
    this.#late.push(chunk);
    if (this.#slowMs === 0) this.#say();
    else setTimeout(() => this.#sayOne(), this.#slowMs);
  }

  /** Timers of one duration come in order; those of a line that was slower before find nothing left. */
  #sayOne(): void {
    const chunk = this.#isHeld ? undefined : this.#late.shift();
    if (chunk !== undefined && !this.#to.destroyed && !this.#to.write(chunk)) this.#from.pause();
  }

  #say(): void {
    while (!this.#isHeld && this.#late.length > 0) this.#sayOne();
  }
}
