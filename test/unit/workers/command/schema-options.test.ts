import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Command } from 'commander';
import { z } from 'zod';
import { addSchemaOptions, schemaValues } from '../../../../workers/command/schema-options.ts';

const schema = z.strictObject({
  maxLength: z.int().min(8).default(512).describe('Tokens of a row'),
  share: z.number().nullable().default(null),
  mode: z.enum(['full', 'threshold']).default('full'),
  trainOnPrompt: z.boolean().default(false),
  name: z.string().default('x'),
  layers: z.array(z.enum(['query', 'value'])).default(['query']),
  shares: z.record(z.string(), z.number()).nullable().default(null),
});
const FIELDS = Object.keys(schema.shape);

function parse(...args: string[]): Record<string, unknown> {
  const command = addSchemaOptions(new Command('test').exitOverride(), schema, FIELDS);
  command.configureOutput({ writeErr() {} });
  return schemaValues(command.parse(args, { from: 'user' }).opts(), schema, FIELDS);
}

describe('options made from a schema', () => {
  it('become the fields, in the schema’s types', () => {
    assert.deepEqual(
      parse(
        '--max-length',
        '64',
        '--share',
        '0.5',
        '--mode',
        'threshold',
        '--train-on-prompt',
        '--name',
        '7',
      ),
      { maxLength: 64, share: 0.5, mode: 'threshold', trainOnPrompt: true, name: '7' },
    );
  });

  it('that are not given leave the schema’s defaults alone', () => {
    assert.deepEqual(parse(), {});
  });

  it('are lists where the schema has one, divided by commas', () => {
    assert.deepEqual(parse('--layers', 'query, value'), { layers: ['query', 'value'] });
  });

  it('are shares by name where the schema has them, and a text where that is not their form', () => {
    assert.deepEqual(parse('--shares', 'en=0.8, ko=0.2'), { shares: { en: 0.8, ko: 0.2 } });
    for (const text of ['en=0.8=3,ko=0.2', 'en=0.5,en=1', 'en'])
      assert.deepEqual(parse('--shares', text), { shares: text });
  });

  it('are lists too where the option is given several times', () => {
    assert.deepEqual(parse('--layers', 'query', '--layers', 'value'), { layers: ['query', 'value'] });
  });

  it('can be null where the schema says so', () => {
    assert.deepEqual(parse('--share', 'null'), { share: null });
  });

  it('that are no number stay as they are, for the schema to refuse', () => {
    assert.deepEqual(parse('--max-length', 'long'), { maxLength: 'long' });
  });

  it('outside their choices are refused', () => {
    assert.throws(() => parse('--mode', 'half'), /Allowed choices are full, threshold/);
  });

  it('say what they mean and their default', () => {
    const help = addSchemaOptions(new Command('test'), schema, FIELDS).helpInformation();
    assert.match(help, /--max-length <n>\s+Tokens of a row \(default: 512\)/);
    assert.match(help, /--train-on-prompt\s+\(default: false\)/);
  });
});
