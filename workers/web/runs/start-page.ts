import { html, type Markup } from '../../../activities/document/html.ts';
import { page } from '../page.ts';
import { type InputField, type InputGroup, inputGroups } from './input-fields.ts';
import { confirmation } from './run-controls.ts';

/** What most runs say; the rest has its place, closed. */
const OFTEN_SAID = new Set([
  ...['generate.teacher', 'generate.target', 'budgetUsd', 'language', 'runSeed', 'train.epochs'],
  ...['tokenize.model', 'generate.from'],
]);

/** A form of a whole run, made of the schema that checks its input: what is left empty has its default. */
export function startPage(): string {
  const groups = inputGroups();
  const often = groups.flatMap(({ fields }) => fields).filter(({ path }) => OFTEN_SAID.has(path));
  const rest = groups.map(({ name, fields }) => ({
    name,
    fields: fields.filter(({ path }) => !OFTEN_SAID.has(path)),
  }));
  return page(
    'Start a run',
    html`<h1>Start a run</h1>
<p class="hint">Seed tasks, rows, training, evaluation and a release, in one run. What is left empty has its default. A budget takes a token
of the role spend.</p>
<form id="start" novalidate>
<div class="fields">${often.map(fieldMarkup)}</div>
${rest.map(groupMarkup)}
<p class="actions"><button type="submit" class="strong">Estimate, then start</button></p>
</form>
<p id="start-status" role="status"></p>
${confirmation()}
<noscript><p>This page needs JavaScript.</p></noscript>`,
    { assets: { script: 'start.js' } },
  );
}

function groupMarkup({ name, fields }: InputGroup): Markup {
  return html`<details><summary>${name}</summary>
<div class="fields">${fields.map(fieldMarkup)}</div>
</details>
`;
}

function fieldMarkup(field: InputField): Markup {
  const { path, description } = field;
  return html`<div class="field">
<label for="${path}">${path}</label>
${control(field)}
<span class="problem" id="${path}-problem"></span><span class="hint" id="${path}-hint">${withCode(description)}</span>
</div>
`;
}

function control({ path, kind, fallback, options, isWhole }: InputField): Markup {
  const named = html`id="${path}" data-path="${path}" data-kind="${kind}" aria-describedby="${path}-problem ${path}-hint"`;
  switch (kind) {
    case 'choice':
      return html`<select ${named}><option value="">${plain(fallback)}, the default</option>${options.map((option) => html`<option value="${option}">${plain(option)}</option>`)}</select>`;
    case 'number':
      return html`<input ${named} type="number" step="${isWhole ? '1' : 'any'}" placeholder="${plain(fallback)}">`;
    case 'text':
      return html`<input ${named} type="text" placeholder="${plain(fallback)}">`;
    case 'json':
      return html`<textarea ${named} rows="1" placeholder="${fallback}"></textarea>`;
  }
}

/** JSON as a person reads it in a field for text. */
function plain(json: string): string {
  if (json === 'null') return 'none';
  return json.startsWith('"') ? json.slice(1, -1) : json;
}

/** What stands between backticks is code. */
function withCode(text: string): Markup {
  return html`${text.split('`').map((part, place) => (place % 2 === 0 ? part : html`<code>${part}</code>`))}`;
}
