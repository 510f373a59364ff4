import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { Router, type Response } from 'express';
import { viewsFolder } from '../locales';

/** What may stand in `views/assets`; everything there is served. */
const types = { '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' } as const;

interface Asset {
  type: string;
  body: string;
}

/** Every asset by its name; read once. */
const served = loadAssets();
const version = hash([...served.values()].map(({ body }) => body).join('\n'));

/** The path under which pages name an asset; another one after each change, so that browsers may keep it for ever. */
export const assetPath = (name: string): string => `/assets/${version}/${name}`;

/**
 * Styles, scripts and pictures under `/assets`, all served by ourselves.
 *
 * Tabler's style sheet draws its little pictures from `data:` addresses, which `Content-Security-Policy: 'self'` forbids:
 * they are served as files of their own.
 */
export function assets(): Router {
  const router = Router();
  router.get('/:version/*name', (request, response, next) => {
    const asset = served.get(request.params.name.join('/'));
    if (asset === undefined) next();
    else send(response, asset, request.params.version === version);
  });
  router.use((_request, response) => {
    response.status(404).type('text/plain').send('Not found');
  });
  return router;
}

function send(response: Response, { type, body }: Asset, current: boolean): void {
  response
    .set('Cache-Control', current ? 'public, max-age=31536000, immutable' : 'no-cache')
    .type(type)
    .send(body);
}

function loadAssets(): Map<string, Asset> {
  const loaded = new Map<string, Asset>();
  const tabler = join(dirname(require.resolve('@tabler/core/package.json')), 'dist/css/tabler.min.css');
  loaded.set('tabler.css', withoutSourceMap(withoutDataAddresses(read(tabler), loaded)));
  loaded.set('htmx.js', { type: types['.js'], body: read(require.resolve('htmx.org/dist/htmx.min.js')) });
  const folder = join(viewsFolder, 'assets');
  for (const name of readdirSync(folder).sort()) {
    const type = types[extname(name) as keyof typeof types];
    loaded.set(name, { type, body: read(join(folder, name)) });
  }
  return loaded;
}

function read(path: string): string {
  return readFileSync(path, 'utf8');
}

function withoutSourceMap(sheet: string): Asset {
  return { type: types['.css'], body: sheet.replace(/\/\*# sourceMappingURL=.*$/m, '') };
}

function withoutDataAddresses(sheet: string, loaded: Map<string, Asset>): string {
  return sheet.replaceAll(/url\("data:image\/svg\+xml,([^"]*)"\)/g, (_whole, svg: string) => {
    const body = svg.includes('%3') ? decodeURIComponent(svg) : svg.replaceAll('%23', '#');
    const name = `tabler/${hash(body)}.svg`;
    loaded.set(name, { type: types['.svg'], body });
    return `url(${name})`;
  });
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
