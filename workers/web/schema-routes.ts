import type { FastifyInstance } from 'fastify';
import { AlpacaError } from '../../activities/errors.ts';
import { CONTRACT_NAMES, jsonSchemaOf } from '../../workflows/schemas.ts';

/** `/schemas/` lists the names; `/schemas/alpaca.input.schema.json` and its like are JSON Schemas. */
export function serveSchemas(app: FastifyInstance): void {
  app.get('/schemas/', async () => ({ schemas: CONTRACT_NAMES.map((name) => `${name}.schema.json`) }));

  app.get<{ Params: { file: string } }>('/schemas/:file', async ({ params: { file } }) => {
    const schema = jsonSchemaOf(file.replace(/\.schema\.json$/, ''));
    if (schema) return schema;
    throw new AlpacaError('NotFound', `There is no schema ${file}.`, {
      remedy: 'See /schemas/ for the names.',
    });
  });
}
