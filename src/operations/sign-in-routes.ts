import { html } from './html.js';
import { notFound, row, send } from './page-answer.js';
import { messagePage, signInPage } from './pages/frame.js';
import { audited, type Asked, type Desk, type Route } from './route.js';

const ISSUER_RETURN = '/sign-in/returned';

/** Signing in, by a password or at the issuer, and out. */
export const SIGN_IN_ROUTES: readonly Route[] = [
  row('get', '/sign-in', 'nobody', 'page', 'The form to sign in.', (asked, desk) => {
    if (asked.visitor) asked.response.redirect(303, '/');
    else send(asked, desk, 'Sign in', 'still', signInPage(undefined, desk.gate.waysIn));
  }),
  row('get', '/sign-in/issuer', 'nobody', 'page', 'Sends the browser to the OpenID Connect issuer.', toIssuer),
  row('get', ISSUER_RETURN, 'nobody', 'page', 'Where the browser comes back from the issuer.', fromIssuer),
  row('post', '/sign-in', 'nobody', 'form', 'Signs in.', signIn),
  row('post', '/sign-out', 'view', 'form', 'Signs out.', (asked, { gate, ...desk }) => {
    gate.signOut(asked.request);
    audited(asked, { gate, ...desk }, { kind: 'sign-out' });
    asked.response.append('Set-Cookie', gate.endedCookie()).redirect(303, '/sign-in');
  }),
];

async function signIn(asked: Asked, desk: Desk): Promise<void> {
  const { request, response } = asked;
  const { name, password } = (asked.body ?? {}) as Record<string, unknown>;
  const answer =
    typeof name === 'string' && typeof password === 'string'
      ? await desk.gate.signIn(name, password, request.ip ?? 'unknown')
      : ({ kind: 'refused' } as const);
  // what was typed as a name may be a password: only a name that signs in is written down
  if (answer.kind === 'signed-in') {
    audited({ request, visitor: answer.visitor }, desk, { kind: 'sign-in' });
    response.append('Set-Cookie', answer.cookie).redirect(303, '/');
    return;
  }
  audited(asked, desk, { kind: 'sign-in-refused' }, 'refused');
  const says =
    answer.kind === 'too-many'
      ? 'Too many tries. Wait a quarter of an hour, or ask an administrator.'
      : 'Name and password do not fit.';
  send(asked, desk, 'Sign in', 'still', signInPage(says, desk.gate.waysIn), answer.kind === 'too-many' ? 429 : 401);
}

async function toIssuer(asked: Asked, desk: Desk): Promise<void> {
  const to = await desk.gate.toIssuer(asked.request, ISSUER_RETURN);
  if (!to) notFound(asked, desk);
  else if (to.ok) asked.response.append('Set-Cookie', to.value.cookie).redirect(303, to.value.location);
  else issuerAway(asked, desk, to.error);
}

async function fromIssuer(asked: Asked, desk: Desk): Promise<void> {
  const { request, response } = asked;
  const { state, code } = request.query;
  // where the issuer refuses, it sends no code
  const answer = await desk.gate.fromIssuer(request, {
    state: typeof state === 'string' ? state : '',
    code: typeof code === 'string' ? code : '',
  });
  if (!answer) return notFound(asked, desk);
  if (answer.kind === 'signed-in') {
    audited({ request, visitor: answer.visitor }, desk, { kind: 'sign-in' });
    response.append('Set-Cookie', answer.cookie);
    // a redirect would still be the other site's, and the browser would not send the cookie with it
    response.append('Refresh', '0; url=/');
    const next = html`<p><a href="/">To the overview</a></p>`;
    return send(asked, desk, 'Signed in', 'still', messagePage('Signed in', `As ${answer.visitor.name}.`, next));
  }
  const by = answer.kind === 'no-role' ? { name: answer.name } : undefined;
  audited({ request, by }, desk, { kind: 'sign-in-refused' }, 'refused');
  desk.world.log.event('sign-in.refused', { reason: answer.kind === 'no-role' ? 'no-role' : answer.code });
  if (answer.kind === 'cannot-tell') return issuerAway(asked, desk, answer.code);
  const says =
    answer.kind === 'no-role' ? 'The issuer knows you and gives you no role here.' : 'The issuer did not sign you in.';
  send(asked, desk, 'Sign in', 'still', signInPage(says, desk.gate.waysIn), answer.kind === 'no-role' ? 403 : 401);
}

function issuerAway(asked: Asked, desk: Desk, code: string): void {
  const says = `The issuer does not answer as it should (${code}). Try again, or ask an administrator.`;
  send(asked, desk, 'Sign in', 'still', signInPage(says, desk.gate.waysIn), 503);
}
