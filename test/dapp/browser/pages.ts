/**
 * Pages of this project for a browser: its own modules without their types, packages as they are, and an import map in
 * place of package.json. Nothing is bundled: the browser loads what Node loads.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const PACKAGES = '/node_modules/';

/** `#lib/*` and the like, and the packages that browsers are given (portable.test.ts). */
function importMap(): string {
  const { imports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly imports: Readonly<Record<string, string>>;
  };
  const own = Object.entries(imports).map(([name, at]) => [name.slice(0, -1), at.slice(1, -1)]);
  const packages = ['ciphers', 'curves', 'hashes', 'post-quantum'].map((name) => [
    `@noble/${name}/`,
    `${PACKAGES}@noble/${name}/`,
  ]);
  const zod = ['zod', `${PACKAGES}zod/index.js`];
  return JSON.stringify({ imports: Object.fromEntries([...own, ...packages, zod]) });
}

const pageOf = (script: string): string =>
  `<!doctype html><meta charset="utf-8"><script type="importmap">${importMap()}</script>` +
  `<script type="module">${script}</script>`;

export interface Pages {
  readonly url: string;
  /** What a page has posted to `/told`, once. */
  readonly told: Promise<string>;
  readonly close: () => void;
}

/** Serves a page with this module, these values under `/given/`, and the files of the project. */
export async function servePage(
  script: string,
  given: Readonly<Record<string, string>>,
): Promise<Pages> {
  const told = Promise.withResolvers<string>();
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname;
    if (path === '/told') {
      let text = '';
      request.setEncoding('utf8').on('data', (part: string) => (text += part));
      request.on('end', () => (response.end(), told.resolve(text)));
    } else if (path === '/') send(response, 'text/html', pageOf(script));
    else if (path === '/given/script') send(response, 'text/javascript', given['script']);
    else if (path.startsWith('/given/'))
      send(response, 'text/plain', given[path.slice('/given/'.length)]);
    else send(response, 'text/javascript', moduleAt(path));
  });
  return { url: await listening(server), told: told.promise, close: () => server.close() };
}

function send(response: ServerResponse, type: string, text: string | undefined): void {
  response.writeHead(text === undefined ? 404 : 200, { 'content-type': `${type}; charset=utf-8` });
  response.end(text);
}

function moduleAt(path: string): string | undefined {
  const file = join(ROOT, normalize(path));
  if (!/\.(?:ts|js)$/.test(file) || !existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  return file.endsWith('.ts') ? stripTypeScriptTypes(text) : text;
}

const listening = (server: Server): Promise<string> =>
  new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    ),
  );
