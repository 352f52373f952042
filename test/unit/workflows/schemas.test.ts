import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { recipeFields } from '../../../workers/command/recipe/recipe-fields.ts';
import { openApi } from '../../../workers/web/api/openapi.ts';
import { alpacaInput } from '../../../workflows/contracts/pipeline.ts';
import { webhookBody } from '../../../workflows/contracts/run/events.ts';
import { CONTRACT_NAMES, jsonSchemaOf } from '../../../workflows/schemas.ts';

const FOLDER = new URL('../../../schemas/', import.meta.url);

describe('the JSON Schemas in schemas/', () => {
  const schemas = new Map<string, object | undefined>([
    ...CONTRACT_NAMES.map((name) => [name, jsonSchemaOf(name)] as const),
    ['recipe', z.toJSONSchema(recipeFields, { io: 'input' })],
  ]);

  it('stand beside the description of the API, which is what `npm run schema` writes today', async () => {
    const shipped = JSON.parse(await readFile(new URL('openapi.json', FOLDER), 'utf8'));
    assert.deepEqual(shipped, JSON.parse(JSON.stringify(openApi())));
  });

  it('are one for each contract, and one for recipes', async () => {
    assert.deepEqual(
      (await readdir(FOLDER)).sort(),
      ['openapi.json', ...[...schemas.keys()].map((name) => `${name}.schema.json`)].sort(),
    );
  });

  it('have the examples of docs/webhooks.md: an input, and what is sent', async () => {
    const page = await readFile(new URL('../docs/webhooks.md', FOLDER), 'utf8');
    const examples = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = '']) => JSON.parse(text));
    assert.equal(examples.length, 2);
    const [input, sent] = examples;
    assert.deepEqual(alpacaInput.parse(input).notify, input.notify);
    assert.deepEqual(webhookBody.parse(sent), sent);
  });

  for (const [name, schema] of schemas) {
    it(`${name} is what \`npm run schema\` writes today`, async () => {
      const shipped = JSON.parse(await readFile(new URL(`${name}.schema.json`, FOLDER), 'utf8'));
      assert.deepEqual(shipped, JSON.parse(JSON.stringify(schema)));
    });
  }
});
