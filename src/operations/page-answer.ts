import type { Html } from './html.js';
import { messagePage, page, type Frame } from './pages/frame.js';
import type { Asked, Desk, Route } from './route.js';

/** A row of the table of routes that answers people. */
export function row(
  method: Route['method'],
  path: string,
  needs: Route['needs'],
  kind: Route['kind'],
  says: string,
  handle: Route['handle'],
): Route {
  return { method, path, needs, kind, says, handle };
}

export function send(
  { response, visitor }: Pick<Asked, 'response' | 'visitor'>,
  { world }: Desk,
  title: string,
  updates: Frame['updates'],
  content: Html,
  status = 200,
): void {
  response
    .status(status)
    .type('html')
    .send(page({ title, visitor, softwareVersion: world.softwareVersion, updates }, content));
}

export const notFound = (asked: Pick<Asked, 'response' | 'visitor'>, desk: Desk): void =>
  send(asked, desk, 'Not found', 'still', messagePage('Not found', 'There is no such page.'), 404);
