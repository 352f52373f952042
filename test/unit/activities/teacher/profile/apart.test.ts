import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requireApart } from '../../../../../activities/teacher/profile/apart.ts';
import { profileOf } from '../scripted-teacher.ts';

describe('teachers whose answers are compared', () => {
  const at = (name: string, port: number, model: string) => ({
    ...profileOf(`http://127.0.0.1:${port}/v1`),
    ...{ name, model },
  });
  const known = [at('one', 1, 'local-model'), at('two', 2, 'local-model'), at('three', 2, 'other')];
  const profiles = {
    names: known.map(({ name }) => name),
    get: (name: string) => known.find((profile) => profile.name === name) ?? assert.fail(name),
  };

  it('have models of different names, or are one endpoint', () => {
    requireApart(['one', 'three'], profiles);
    requireApart(['one', 'one'], profiles);
    requireApart([], profiles);
  });

  it('are refused where two endpoints call their models by one name: the second would never be asked', () => {
    assert.throws(() => requireApart(['one', 'three', 'two'], profiles), {
      code: 'Configuration',
      message:
        'The answers of the teachers "one" and "two" cannot be told apart: both call their model local-model, at http://127.0.0.1:1/v1 and http://127.0.0.1:2/v1. Give one of them another "model" in its profile: a server with one model takes any name.',
    });
  });
});
