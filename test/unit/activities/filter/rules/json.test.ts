import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { json } from '../../../../../activities/filter/rules/json.ts';
import { reasonOf } from './rows.ts';

const instruction = 'Describe the user Ada, who is 36, as a JSON object.';

describe('the rule json', () => {
  it('drops an answer that is meant to be JSON and does not parse', () => {
    assert.match(
      reasonOf(json, { instruction, output: '{"name": "Ada", "age": }' }) ?? '',
      /^JSON that does not parse: /,
    );
    for (const output of [
      '{"name": "Ada", "age": 36',
      '{\n  "name": \'Ada\'\n}',
      '{"name": "Ada",}',
      '[{"name": "Ada"} {"name": "Bo"}]',
    ])
      assert.notEqual(reasonOf(json, { instruction, output }), null, output);
  });

  it('drops a block that calls itself json and is none, whatever the task', () => {
    const output = 'Here it is:\n\n```json\n{"name": "Ada" "age": 36}\n```\n';
    assert.notEqual(reasonOf(json, { instruction: 'Describe Ada.', output }), null);
  });

  it('keeps JSON that parses, as the whole answer, in a block, and a value a line', () => {
    for (const output of [
      '{"name": "Ada", "age": 36}',
      '```json\n{"name": "Ada", "age": 36}\n```',
      '```json\n{"name": "Ada"}\n{"name": "Bo"}\n```',
    ])
      assert.equal(reasonOf(json, { instruction, output }), null, output);
  });

  it('keeps excerpts, which are written for people', () => {
    for (const output of [
      '```json\n{\n  "name": "Ada", // her first name\n  "age": 36\n}\n```',
      '```json\n{\n  "users": [{"name": "Ada"}, ...]\n}\n```',
      '```json\n"scripts": {\n  "test": "node --test"\n},\n```',
    ])
      assert.equal(reasonOf(json, { instruction, output }), null, output);
  });

  it('keeps what begins like JSON and is something else', () => {
    for (const output of ['{x | x > 0}', '[Your name]\n[Your address]', '{"Ada", "Bo"} is the set of names.'])
      assert.equal(reasonOf(json, { instruction: 'Give an example.', output }), null, output);
  });

  it('keeps JSON that is wrong on purpose', () => {
    const output = '{"name": "Ada", "age": }';
    assert.equal(reasonOf(json, { instruction: 'Give an example of invalid JSON.', output }), null);
  });
});
