import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { html, type Markup } from '../../activities/document/html.ts';
import { siteHeader, siteStyle } from '../../activities/document/site.ts';
import { ModelsUnreachable, type ServedModels } from './models.ts';
import { DEFAULT_DECODING } from './request/protocol.ts';

/** The chat page at `/`, or with a model chosen at `/?model=NAME`: a conversation with one or two models, their answers as they come. */
export async function serveChatPage(
  app: FastifyInstance,
  models: ServedModels,
  webUrl: string | null,
): Promise<void> {
  app.get<{ Querystring: { model?: string } }>('/', async ({ query: { model } }, reply) => {
    const names = await models.names().catch((error) => {
      if (error instanceof ModelsUnreachable) return error;
      throw error;
    });
    if (names instanceof ModelsUnreachable) return reply.code(503).send(names.message);
    return reply.type('text/html; charset=utf-8').send(chatPage(names, headerTo(webUrl), model));
  });
  const serve = (name: string, type: string, content: Buffer | string) =>
    app.get(`/assets/${name}`, (_, reply) =>
      reply.type(`${type}; charset=utf-8`).header('cache-control', 'no-cache').send(content),
    );
  serve('style.css', 'text/css', await siteStyle());
  for (const [name, type] of Object.entries(ASSETS))
    serve(name, type, await readFile(new URL(`assets/${name}`, import.meta.url)));
}

const ASSETS = { 'chat.js': 'text/javascript', 'chat.css': 'text/css' };

/** The web service's own paths, where one is known. */
function headerTo(webUrl: string | null): Markup {
  const at = (path: string) => (webUrl === null ? null : `${webUrl}/${path}`);
  return siteHeader({ Runs: at(''), Chat: '/', Report: at('report'), Temporal: at('temporal') }, 'Chat');
}

function chatPage(models: readonly string[], header: Markup, wished?: string): string {
  const { temperature, topP, maxNewTokens } = DEFAULT_DECODING;
  const first = models.find((name) => name === wished) ?? models[0];
  const second = models.find((name) => name !== first);
  const options = (chosen: string | undefined) =>
    models.map(
      (name) => html`<option value="${name}"${name === chosen ? html` selected` : null}>${name}</option>`,
    );
  return `${html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Talk to the model</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/style.css">
<link rel="stylesheet" href="/assets/chat.css">
<script src="/assets/chat.js" defer></script>
</head>
<body>
${header}
<main>
<h1>Talk to the model</h1>
<div class="panes">
<section aria-labelledby="label-a">
<label id="label-a" for="model-a">Model</label>
<select id="model-a">${options(first)}</select>
<div class="conversation" id="conversation-a" tabindex="0" role="region" aria-label="Conversation with the first model"></div>
<p><button type="button" id="copy-a" disabled>Copy the last answer</button></p>
</section>
<section aria-labelledby="label-b">
<label id="label-b" for="model-b">Beside it</label>
<select id="model-b"><option value="">no second model</option>${options(second)}</select>
<div class="conversation" id="conversation-b" tabindex="0" role="region" aria-label="Conversation with the second model"></div>
<p><button type="button" id="copy-b" disabled>Copy the last answer</button></p>
</section>
</div>
<p id="status" role="status"></p>
<form id="ask">
<label for="instruction">Instruction</label>
<textarea id="instruction" rows="3" required autofocus placeholder="Give three tips for staying healthy."></textarea>
<label for="input">Input, where the instruction needs one</label>
<textarea id="input" rows="2"></textarea>
<details>
<summary>Decoding</summary>
<div class="fields">
<label>Temperature <input id="temperature" type="number" min="0" max="2" step="0.1" value="${temperature}" required></label>
<label>top_p <input id="topP" type="number" min="0.01" max="1" step="0.01" value="${topP}" required></label>
<label>Most new tokens <input id="maxTokens" type="number" min="1" max="100000" value="${maxNewTokens}" required></label>
<label>Seed (empty: another answer each time) <input id="seed" type="number" min="0" max="4294967295"></label>
<label>A conversation longer than the context
<select id="truncation"><option value="auto">loses its earliest turns</option><option value="disabled">is refused</option></select></label>
</div>
</details>
<p class="actions">
<button type="submit" id="send" class="strong">Ask <kbd>Ctrl Enter</kbd></button>
<button type="button" id="stop" disabled>Stop <kbd>Esc</kbd></button>
<button type="button" id="anew">New conversation</button>
</p>
</form>
<footer>
<p>These models learnt from machine-made examples that nobody checked. They state falsehoods with confidence, can repeat
stereotypes and offend. Most were taught single instructions: what was said before is shown to them, and they may make little of it.</p>
</footer>
</main>
</body>
</html>`}\n`;
}
