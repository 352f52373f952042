import { html, type Markup } from '../../../activities/document/html.ts';
import type { Choice, RatingMode } from '../../../workflows/contracts/rate.ts';
import { page } from '../page.ts';

/** The pages of a comparison by people. Both get what they show by their script, as text. */

const ASSETS = { script: 'rating.js', style: 'rating.css' };

/** Where a person without a link of his own comes in. */
export function startPage(rating: string): string {
  return page(
    'Compare answers',
    html`<h1>Compare answers</h1>
<p>You will see instructions, each with answers that were given to it. You are not told whose they are. Say which is better; there
is no hurry, and you can stop at any time and come back.</p>
<form id="join" data-rating="${encodeURIComponent(rating)}">
<button type="submit" class="strong" autofocus>Begin</button>
</form>
<p class="hint">In this browser you come back here to where you stopped; elsewhere by the link of the page that opens, which
is your ballot: show it to nobody.</p>
<p id="status" role="status"></p>
<noscript><p>This page needs JavaScript.</p></noscript>`,
    { assets: ASSETS, links: null },
  );
}

/** One rater's page: an item at a time, by keyboard or by buttons. */
export function ratingPage(rating: string, key: string, mode: RatingMode): string {
  const base = `/api/rate/${encodeURIComponent(rating)}/${key}`;
  return page(
    'Compare answers',
    html`<div id="rating" data-base="${base}" data-mode="${mode}">
<h1 class="unseen">Compare answers</h1>
<p class="progress"><progress id="progress" aria-label="Rated" max="1" value="0"></progress> <span id="count"></span></p>
<div id="item" hidden>
<h2>Instruction</h2>
<div class="text" id="instruction" aria-live="polite"></div>
<div id="input-part"><h2>Input</h2><div class="text" id="input"></div></div>
${mode === 'pairwise' ? pairOfAnswers() : singleAnswer()}
<p class="actions" role="group" aria-label="Your vote">${BUTTONS[mode].map(button)}</p>
<p class="actions">${button({ choice: 'skip', key: 's', text: 'Skip' })}<button type="button" id="undo" disabled>Undo <kbd>u</kbd></button></p>
</div>
<div id="end" hidden>
<h2>That was the last one</h2>
<p>Hand your votes in, or go back with undo. Afterwards they cannot be changed.</p>
<p class="actions"><button type="button" id="finish" class="strong">Hand in <kbd>Enter</kbd></button><button type="button" id="undo-end">Undo <kbd>u</kbd></button></p>
</div>
<div id="done" hidden>
<h2>Thank you</h2>
<p>Your votes are in. So far:</p>
<p class="tally" id="tally"></p>
<p class="hint" id="standing"></p>
</div>
<p id="status" role="status"></p>
</div>
<noscript><p>This page needs JavaScript.</p></noscript>`,
    { assets: ASSETS, links: null },
  );
}

function pairOfAnswers(): Markup {
  return html`<div class="answers">
<section aria-labelledby="first"><h2 id="first">Answer 1</h2><div class="text answer"></div></section>
<section aria-labelledby="second"><h2 id="second">Answer 2</h2><div class="text answer"></div></section>
</div>`;
}

function singleAnswer(): Markup {
  return html`<section aria-labelledby="first"><h2 id="first">Answer</h2><div class="text answer"></div></section>`;
}

interface Button {
  choice: Choice;
  key: string;
  text: string;
}

const BUTTONS: Readonly<Record<RatingMode, readonly Button[]>> = {
  pairwise: [
    { choice: 'first', key: '1', text: 'Answer 1 is better' },
    { choice: 'second', key: '2', text: 'Answer 2 is better' },
    { choice: 'tie', key: '0', text: 'Neither is' },
  ],
  abcd: [
    { choice: 'A', key: 'a', text: 'A: right and satisfying' },
    { choice: 'B', key: 'b', text: 'B: acceptable, with small faults' },
    { choice: 'C', key: 'c', text: 'C: to the point, with large errors' },
    { choice: 'D', key: 'd', text: 'D: beside the point, or no answer' },
  ],
};

function button({ choice, key, text }: Button): Markup {
  return html`<button type="button" data-choice="${choice}" data-key="${key}">${text} <kbd>${key}</kbd></button>`;
}
