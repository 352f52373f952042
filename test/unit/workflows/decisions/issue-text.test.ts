import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { describeIssue, withProblems } from '../../../../workflows/decisions/issue-text.ts';

const said = (schema: z.ZodType, raw: unknown, whole?: string) =>
  (schema.safeParse(raw).error?.issues ?? []).map((issue) => describeIssue(issue, raw, whole));

describe('a problem of an input, as a person reads it', () => {
  it('names the path, the value and what was expected', () => {
    const schema = z.strictObject({
      generate: z.strictObject({
        target: z.int(),
        name: z.string(),
        on: z.boolean(),
        list: z.array(z.int()),
      }),
    });
    assert.deepEqual(said(schema, { generate: { target: 'many', name: 1, on: 'yes', list: {} } }), [
      'generate.target is "many": expected a number',
      'generate.name is 1: expected a text',
      'generate.on is "yes": expected true or false',
      'generate.list is {}: expected a list',
    ]);
    assert.deepEqual(said(schema, { generate: null }), ['generate is null: expected an object']);
    assert.deepEqual(said(schema, {}), ['generate is missing: expected an object']);
    assert.deepEqual(said(schema, 3), ['the input is 3: expected an object']);
    assert.deepEqual(said(schema, 3, 'the row'), ['the row is 3: expected an object']);
  });

  it('names the fields that are none', () => {
    const schema = z.strictObject({ a: z.strictObject({}) });
    assert.deepEqual(said(schema, { a: { b: 1, c: 2 } }), ['a has no field "b", "c"']);
    assert.deepEqual(said(schema, { a: {}, d: 1 }), ['the input has no field "d"']);
  });

  it('says the bounds of numbers, texts and lists', () => {
    const schema = z.object({
      least: z.number().min(2),
      above: z.number().gt(2),
      most: z.number().max(2),
      below: z.number().lt(2),
      text: z.string().min(1),
      long: z.string().max(2),
      list: z.array(z.int()).min(1),
      lists: z.array(z.int()).max(2),
    });
    const raw = { least: 1, above: 2, most: 3, below: 2, text: '', long: 'abc', list: [], lists: [1, 2, 3] };
    assert.deepEqual(said(schema, raw), [
      'least is 1: expected at least 2',
      'above is 2: expected more than 2',
      'most is 3: expected at most 2',
      'below is 2: expected less than 2',
      'text is "": expected at least 1 character',
      'long is "abc": expected at most 2 characters',
      'list is []: expected at least 1 element',
      'lists is [1,2,3]: expected at most 2 elements',
    ]);
  });

  it('says which values and forms there are', () => {
    const schema = z.object({
      mode: z.enum(['full', 'threshold']),
      url: z.url(),
      own: z.string().regex(/^x$/, 'expected an x'),
      other: z.string().regex(/^y$/),
      time: z.iso.datetime(),
      kind: z.union([z.int(), z.boolean()]),
      named: z.record(z.string().regex(/^[a-z]$/), z.int()),
    });
    const raw = { mode: 'x', url: 'x', own: 'y', other: 'x', time: 'now', kind: 'x', named: { A: 1 } };
    const [mode, url, own, other, time, kind, named] = said(schema, raw);
    assert.equal(mode, 'mode is "x": expected "full" or "threshold"');
    assert.equal(url, 'url is "x": expected a URL');
    assert.equal(own, 'own is "y": expected an x');
    assert.equal(other, 'other is "x": expected a text that matches /^y$/');
    assert.match(time ?? '', /^time is "now": expected a text /);
    assert.equal(kind, 'kind is "x": expected a number or true or false');
    assert.equal(named, 'the name "A" is wrong: expected a text that matches /^[a-z]$/');
  });

  it('says what a value is to be beyond its kind', () => {
    const even = z.int().refine((value) => value % 2 === 0, 'expected an even number');
    assert.deepEqual(said(even, 3), ['the input is 3: expected an even number']);
    assert.deepEqual(said(even, 1.5), ['the input is 1.5: expected a whole number']);
    assert.deepEqual(said(z.jwt(), 'x'), ['the input is "x": expected a text of the form jwt']);
    assert.deepEqual(said(z.record(z.string(), z.int()), 5), ['the input is 5: expected an object']);
  });

  it('names a field of what is missing, and a name wherever it stands', () => {
    const schema = z
      .object({ a: z.object({ b: z.int() }).optional() })
      .refine(({ a }) => a, { path: ['a', 'b'], message: 'expected a number' });
    assert.deepEqual(said(schema, {}), ['a.b is missing: expected a number']);
    const names = z.object({ a: z.object({ b: z.record(z.string().regex(/^[a-z]$/), z.int()) }) });
    assert.deepEqual(said(names, { a: { b: { A: 1 } } }), [
      'the name "A" is wrong: expected a text that matches /^[a-z]$/',
    ]);
  });

  it('goes into the form that a value is meant to have', () => {
    const schema = z.object({ from: z.union([z.string(), z.strictObject({ teacher: z.string() })]) });
    assert.deepEqual(said(schema, { from: { teacher: 5 } }), ['from.teacher is 5: expected a text']);
  });

  it('cuts a value that nobody would read', () => {
    const [text = ''] = said(z.int(), 'x'.repeat(200));
    assert.equal(text, `the input is "${'x'.repeat(76)}...: expected a number`);
    const [whole = ''] = said(z.int(), 'x'.repeat(78));
    assert.equal(whole, `the input is "${'x'.repeat(78)}": expected a number`);
  });
});

describe('a value of several forms', () => {
  it('is described by the form that it comes nearest to', () => {
    const reference = z.strictObject({ uri: z.string(), sha256: z.string() });
    const schema = z.union([z.union([reference, z.string()]), z.strictObject({ teacher: z.string() })]);
    assert.deepEqual(said(z.object({ model: schema }), { model: { teacher: 3 } }), [
      'model.teacher is 3: expected a text',
    ]);
    assert.deepEqual(said(z.object({ model: schema }), { model: { uri: 'x', sha256: 3 } }), [
      'model.sha256 is 3: expected a text',
    ]);
  });
});

describe('the problems of an input', () => {
  it('are a sentence where there is one, else a line each, ten at the most', () => {
    assert.equal(withProblems('It is wrong', ['a is 1: expected 2']), 'It is wrong: a is 1: expected 2.');
    assert.equal(withProblems('It is wrong', ['a is 1', 'b is 2']), 'It is wrong:\na is 1\nb is 2');
    const many = Array.from({ length: 12 }, (_, at) => `p${at}`);
    assert.equal(
      withProblems('It is wrong', many),
      'It is wrong:\np0\np1\np2\np3\np4\np5\np6\np7\np8\np9\nand 2 more',
    );
  });
});
