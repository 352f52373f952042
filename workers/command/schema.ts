import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { writeAtomically } from '../../activities/artifacts/atomic.ts';
import { CONTRACT_NAMES, jsonSchemaOf } from '../../workflows/schemas.ts';
import { openApi } from '../web/api/openapi.ts';
import { contractsOfClients } from './clients/contracts-of-clients.ts';
import { failuresPage } from './failures-page.ts';
import { helpText } from './help/groups.ts';
import { createProgram } from './program.ts';
import { recipeFields } from './recipe/recipe-fields.ts';

/**
 * `npm run schema`: writes every workflow's input and result as JSON Schema, so that a service in any
 * language can check before it starts a run; the contracts in the languages of `clients/`; the API of the web service as
 * OpenAPI; the page of failures in docs; and what `alpaca --help` prints.
 */
const folder = process.argv[2] ?? fileURLToPath(new URL('../../schemas/', import.meta.url));
await mkdir(folder, { recursive: true });
for (const name of CONTRACT_NAMES) {
  await writeAtomically(
    join(folder, `${name}.schema.json`),
    `${JSON.stringify(jsonSchemaOf(name), null, 2)}\n`,
  );
}
await writeAtomically(
  join(folder, 'recipe.schema.json'),
  `${JSON.stringify(z.toJSONSchema(recipeFields, { io: 'input' }), null, 2)}\n`,
);
await writeAtomically(join(folder, 'openapi.json'), `${JSON.stringify(openApi(), null, 2)}\n`);
const root = new URL('../../', import.meta.url);
for (const [path, text] of Object.entries(contractsOfClients()))
  await writeAtomically(fileURLToPath(new URL(path, root)), text);
const page = fileURLToPath(new URL('../../docs/failures.md', import.meta.url));
await writeAtomically(page, failuresPage());
const help = fileURLToPath(new URL('../../bin/help.txt', import.meta.url));
await writeAtomically(help, helpText(createProgram(new AbortController().signal)));
const schemas = `${CONTRACT_NAMES.length + 1} schemas and openapi.json in ${folder}, the contracts in clients/`;
process.stdout.write(`${schemas}, ${page} and ${help}\n`);
