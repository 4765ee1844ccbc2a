import type { Visitor } from '../access/needs.js';
import { may } from '../access/needs.js';
import { html, type Html } from '../html.js';

export interface Frame {
  readonly title: string;
  readonly visitor: Visitor | undefined;
  readonly softwareVersion: string;
  /** `live`: what changes is put in by the script; `told`: the script says that something has changed; `still`: neither. */
  readonly updates: 'live' | 'told' | 'still';
}

/** The frame of every page. */
export const page = ({ title, visitor, softwareVersion, updates }: Frame, content: Html): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="dark" />
        <title>${title} - Caliper</title>
        <link rel="stylesheet" href="/style.css" />
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        ${visitor ? html`<script src="/page.js" defer></script>` : undefined}
      </head>
      <body data-updates="${visitor ? updates : 'still'}">
        <a class="skip" href="#content">Skip to the content</a>
        <header>
          <a class="home" href="/">Caliper</a>
          ${visitor ? navigation(visitor) : undefined}
        </header>
        <main id="content">${content}</main>
        <p id="said" role="status" aria-live="polite"></p>
        <footer>
          Not a medical device. Contours are semi-automatic and unverified. Version ${softwareVersion}. Times are UTC.
        </footer>
      </body>
    </html>`.html.replace(/\n\s+/g, '\n');

const navigation = (visitor: Visitor): Html => html`
  <nav aria-label="Pages">
    <a href="/">Overview</a>
    <a href="/worklist">Worklist</a>
    ${may(visitor.role, 'review') ? html`<a href="/worklist?outcome=held">Held</a>` : undefined}
  </nav>
  <div class="who">
    ${
      visitor.by === 'session'
        ? html`<span>${visitor.name} (${visitor.role})</span>
            <form method="post" action="/sign-out">${formToken(visitor)}<button type="submit">Sign out</button></form>`
        : html`<span>${visitor.by === 'machine' ? 'on this machine' : visitor.name}</span>`
    }
  </div>
`;

export const formToken = ({ formToken: token }: Visitor): Html =>
  html`<input type="hidden" name="formToken" value="${token ?? ''}" />`;

/** A page that says one thing. */
export const messagePage = (title: string, says: string, next?: Html): Html =>
  html`<h1>${title}</h1>
    <p>${says}</p>
    ${next}`;

export const signInPage = (problem: string | undefined, ways: readonly ('password' | 'issuer')[]): Html =>
  html`<h1>Sign in</h1>
    ${problem === undefined ? undefined : html`<p class="problem" role="alert">${problem}</p>`}
    ${
      ways.includes('issuer')
        ? html`<p><a class="button" href="/sign-in/issuer">Sign in at the hospital</a></p>`
        : undefined
    }
    ${ways.includes('password') ? passwordForm() : undefined}
    ${ways.length === 0 ? html`<p>Programs come in with a token. Nobody is set up to sign in here.</p>` : undefined}`;

const passwordForm = (): Html =>
  html`<form class="sign-in" method="post" action="/sign-in">
    <label for="name">Name</label>
    <input id="name" name="name" autocomplete="username" required maxlength="64" autofocus />
    <label for="password">Password</label>
    <input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024" />
    <button type="submit">Sign in</button>
  </form>`;
