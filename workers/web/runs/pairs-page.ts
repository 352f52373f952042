import { count } from '../../../activities/document/figures.ts';
import { html, type Markup } from '../../../activities/document/html.ts';
import type { SiteLinks } from '../../../activities/document/site.ts';
import { type Annotation, shareIn } from '../../../activities/evaluate/answers/model-outputs.ts';
import { runPath } from '../links.ts';
import { page } from '../page.ts';

/** What a pair is to the model under evaluation. */
const VERDICTS = ['win', 'loss', 'tie', 'none'] as const;
type PairVerdict = (typeof VERDICTS)[number];

const TITLES: Readonly<Record<PairVerdict, string>> = {
  win: 'won',
  loss: 'lost',
  tie: 'tied',
  none: 'without a verdict',
};

/** What an address may ask for; anything else is as if it asked for nothing. */
export interface PairsQuery {
  verdict?: string;
  page?: string;
}

const PAIRS_A_PAGE = 20;

/** The pairs that a judge compared, by what came out, twenty a page. */
export function pairsPage(
  id: string,
  annotations: readonly Annotation[],
  query: PairsQuery,
  links: Partial<SiteLinks> = {},
): string {
  const verdict = VERDICTS.find((one) => one === query.verdict) ?? null;
  const shown = annotations.filter((pair) => verdict === null || verdictOf(pair) === verdict);
  const pages = Math.max(1, Math.ceil(shown.length / PAIRS_A_PAGE));
  const number = Math.min(Math.max(1, Math.trunc(Number(query.page ?? 1)) || 1), pages);
  const first = (number - 1) * PAIRS_A_PAGE;
  const path = `${runPath(id)}/pairs`;
  const [model = null] = annotations;
  return page(
    `Judged pairs of ${id}`,
    html`<h1>Judged pairs</h1>
<p>Of <a href="${runPath(id)}">${id}</a>${model && html`: <b>${model.generator_2}</b> beside <b>${model.generator_1}</b>, judged blind and in both orders by ${model.annotator}`}.</p>
<nav aria-label="By what came out"><ul class="links">${[null, ...VERDICTS].map((one) => choice(path, one, verdict, annotations))}</ul></nav>
${shown.slice(first, first + PAIRS_A_PAGE).map((pair, index) => onePair(pair, first + index + 1))}
${shown.length === 0 ? html`<p>There is none.</p>` : null}
${pages === 1 ? null : pager(path, verdict, number, pages)}`,
    { links },
  );
}

/** What came out, from the side of the model under evaluation. */
function verdictOf({ preference }: Annotation): PairVerdict {
  const share = shareIn(preference);
  if (share === null) return 'none';
  if (share === 0.5) return 'tie';
  return share > 0.5 ? 'win' : 'loss';
}

function choice(
  path: string,
  one: PairVerdict | null,
  chosen: PairVerdict | null,
  annotations: readonly Annotation[],
): Markup {
  const many = annotations.filter((pair) => one === null || verdictOf(pair) === one).length;
  const text = `${one === null ? 'all' : TITLES[one]} ${count(many)}`;
  if (one === chosen) return html`<li><b aria-current="page">${text}</b></li>`;
  return html`<li><a href="${one === null ? path : `${path}?verdict=${one}`}">${text}</a></li>`;
}

function onePair(pair: Annotation, number: number): Markup {
  const verdict = verdictOf(pair);
  const isSplit = pair.verdicts !== undefined && !pair.verdicts.agree && verdict === 'tie';
  return html`<article class="pair">
<h2>${number}. ${TITLES[verdict]}${isSplit ? html` <span class="hint">(the two orders disagree)</span>` : null}${pair.dataset === '' ? null : html` <span class="hint">${pair.dataset}</span>`}</h2>
<p class="text">${pair.instruction}</p>
${pair.input === '' ? null : html`<p class="text hint">${pair.input}</p>`}
<div class="answers">
${answer(pair.generator_2, pair.output_2, verdict === 'win')}
${answer(pair.generator_1, pair.output_1, verdict === 'loss')}
</div>
</article>`;
}

function answer(generator: string, output: string, isBetter: boolean): Markup {
  return html`<section class="${isBetter ? 'answer better' : 'answer'}"><h3>${generator}${isBetter ? ', better' : ''}</h3><p class="text">${output === '' ? html`<i>no text</i>` : output}</p></section>`;
}

function pager(path: string, verdict: PairVerdict | null, number: number, pages: number): Markup {
  const at = (page: number) =>
    `${path}?${new URLSearchParams({ ...(verdict && { verdict }), page: String(page) })}`;
  return html`<nav aria-label="Pages"><ul class="links">
${number > 1 ? html`<li><a href="${at(number - 1)}" rel="prev">before</a></li>` : null}
<li>page ${number} of ${pages}</li>
${number < pages ? html`<li><a href="${at(number + 1)}" rel="next">next</a></li>` : null}
</ul></nav>`;
}
