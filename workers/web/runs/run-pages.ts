import { count, percent } from '../../../activities/document/figures.ts';
import { html, type Markup } from '../../../activities/document/html.ts';
import type { RecipeRow } from '../../../workflows/contracts/data.ts';
import { usd } from '../../../workflows/decisions/screen/money-text.ts';
import type { ListedRun, RunView } from '../../runs/runs.ts';
import { chatPath, linksOfRun, resultLinks, runPath, temporalUrl } from '../links.ts';
import { page } from '../page.ts';
import type { ShownProgress, ShownStage } from '../page-answers.ts';
import type { RunsPlace } from '../place.ts';
import { runControls } from './run-controls.ts';
import type { RunFigures } from './run-figures.ts';
import { curvesPart, outcomePart, rowsPart, spentPart } from './run-parts.ts';
import { commandThatGoesOn, nextCommands, shownProgress, stateText } from './run-texts.ts';

const START = html`<p><a class="button strong" href="/start">Start a run</a></p>`;

/** The list of runs. */
export function runListPage(runs: readonly ListedRun[], place: RunsPlace): string {
  if (runs.length === 0) {
    return page(
      'Alpaca runs',
      html`<h1>Alpaca runs</h1>\n${START}
<p>There is none yet. Start one here, with <code>npm start</code>, or:</p>
<pre><code>temporal workflow start --task-queue alpaca --type alpaca --workflow-id my-run --input '{}'</code></pre>`,
      { here: 'Runs' },
    );
  }
  const rows = runs.map(
    (run) => html`<tr>
<th scope="row"><a href="${runPath(idIn(runs, run))}">${run.workflowId}</a></th>
<td>${statusMark(run)}</td>
<td>${run.stage ?? ''}</td>
<td class="number" data-label="accepted">${run.accepted === null ? '' : count(run.accepted)}</td>
<td class="number" data-label="cost">${run.costUsd === null ? '' : usd(run.costUsd)}</td>
<td class="number" data-label="loss">${run.heldOutLoss === null ? '' : run.heldOutLoss.toFixed(3)}</td>
<td class="number" data-label="win rate">${run.winRate === null ? '' : percent(run.winRate)}</td>
<td>${time(run.startedAt)}</td>
<td>${chatLink(run, idIn(runs, run), place)} ${temporalLink(run, place)}</td>
</tr>`,
  );
  return page(
    'Alpaca runs',
    html`<h1>Alpaca runs</h1>
${START}
<div class="wide" tabindex="0" role="region" aria-label="Runs">
<table class="runs">
<thead><tr><th scope="col">run</th><th scope="col">status</th><th scope="col">stage</th><th scope="col" class="number">accepted</th><th scope="col" class="number">cost</th><th scope="col" class="number">loss</th><th scope="col" class="number">win rate</th><th scope="col">started</th><th scope="col">see</th></tr></thead>
<tbody>
${rows}
</tbody>
</table>
</div>`,
    { here: 'Runs' },
  );
}

/** Of several runs with one workflow id, which are listed newest first, the id means the latest. */
function idIn(runs: readonly ListedRun[], { workflowId, runId }: ListedRun): string {
  return runs.find((run) => run.workflowId === workflowId)?.runId === runId ? workflowId : runId;
}

/** One run; its script keeps the marked cells up to date while the run is running. */
export function runPage(
  run: RunView,
  place: RunsPlace,
  { figures, someRows }: { figures: RunFigures; someRows: readonly RecipeRow[] },
): string {
  const { progress } = run;
  const running = run.closedAt === null;
  const links = resultLinks(run, place);
  const next = nextCommands(run, place);
  const body = html`<h1>${run.workflowId}</h1>
<p id="state" role="status" data-workflow="${run.id}" data-running="${running ? 'yes' : 'no'}">${statusMark(run)} <span data-field="state">${stateText(run)}</span> <code data-field="command">${commandThatGoesOn(run, place)}</code></p>
${run.failure === null ? null : html`<p class="failure">${run.failure}</p>`}
${links.length === 0 ? null : html`<ul class="links">${links.map(({ text, path }) => html`<li><a href="${path}">${text}</a></li>`)}</ul>`}
${run.result && outcomePart(run.result, someRows)}
${progress === null ? html`<p>${noProgress(run)}</p>` : cards(shownProgress(progress, run.status))}
${runControls(run)}
<div data-part="curves">${curvesPart(figures)}</div>
<div data-part="spent">${progress && spentPart(progress, figures, new Date())}</div>
<div data-part="rows">${rowsPart(figures)}</div>
${progress && stagesTable(shownProgress(progress, run.status))}
${
  next.length === 0
    ? null
    : html`<h2>What can be done with it</h2>
${next.map(
  ({ why, command }) => html`<p>${why}: <code>${command}</code></p>
`,
)}`
}<h2>About this run</h2>
<table class="facts"><tbody>
<tr><th scope="row">run</th><td><code>${run.runId}</code></td></tr>
<tr><th scope="row">started</th><td>${time(run.startedAt)}</td></tr>
${run.closedAt === null ? null : html`<tr><th scope="row">ended</th><td>${time(run.closedAt)}</td></tr>`}
${run.startedBy === null ? null : html`<tr><th scope="row">started by</th><td>${run.startedBy}</td></tr>`}
${run.updates.map(({ what, by, at }) => html`<tr><th scope="row">${what}</th><td>${by}, ${time(at)}</td></tr>`)}
<tr><th scope="row">in Temporal</th><td>${temporalLink(run, place)}</td></tr>
</tbody></table>`;
  return page(run.workflowId, body, {
    script: running,
    links: linksOfRun(run, place),
    ...(running ? { assets: { script: 'steer.js' } } : {}),
  });
}

function noProgress({ isForgotten }: RunView): string {
  return isForgotten
    ? 'The Temporal server no longer knows this run; what the store has recorded of it is below.'
    : 'No worker answers just now, so there is no progress to show. The run’s history is kept by Temporal.';
}

function cards(shown: ShownProgress): Markup {
  return html`<dl class="cards">
${card('accepted of target', 'accepted', shown.accepted)}
${card('cost', 'cost', shown.cost)}
${card('loss, nats a token', 'loss', shown.loss)}
${card('left in this stage', 'eta', shown.eta)}
</dl>`;
}

function stagesTable(shown: ShownProgress): Markup {
  return html`<h2>Stages</h2>
<div class="wide" tabindex="0" role="region" aria-label="Stages">
<table class="stages">
<thead><tr><th scope="col">stage</th><th scope="col">state</th><th scope="col">progress</th><th scope="col" class="number">done</th><th scope="col">note</th></tr></thead>
<tbody>
${shown.stages.map(stageRow)}
</tbody>
</table>
</div>`;
}

function stageRow(stage: ShownStage): Markup {
  return html`<tr data-stage="${stage.name}">
<th scope="row">${stage.name}</th>
<td data-field="state">${stage.state}</td>
<td><progress aria-label="${stage.name}" max="1" value="${stage.share}"></progress></td>
<td class="number" data-field="done">${stage.done}</td>
<td data-field="note">${stage.note}</td>
</tr>`;
}

function card(label: string, field: string, text: string): Markup {
  return html`<div><dt>${label}</dt><dd data-field="${field}">${text}</dd></div>`;
}

/** Of an open run what it says itself: Temporal's status of one that waits is RUNNING too. */
function statusMark({ status, closedAt, standing }: ListedRun): Markup {
  const word = (closedAt === null && standing) || status.toLowerCase().replaceAll('_', ' ');
  return html`<span class="status status-${word.replaceAll(/\W+/g, '-')}">${word}</span>`;
}

function time(iso: string): Markup {
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`;
}

/** To talk to the model that a run made, where there is a chat. */
function chatLink(run: ListedRun, id: string, { chatUrl }: RunsPlace): Markup | null {
  if (chatUrl === null || run.status !== 'COMPLETED') return null;
  return html`<a href="${chatPath(chatUrl, id)}">chat<span class="unseen"> with ${run.workflowId}</span></a>`;
}

function temporalLink(run: ListedRun, place: RunsPlace): Markup {
  if (run.isForgotten) return html`no longer`;
  const url = temporalUrl(place, run);
  return url === null
    ? html`no UI known`
    : html`<a href="${url}">history<span class="unseen"> of ${run.workflowId}</span></a>`;
}
