import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { code } from '../../../../../activities/filter/rules/code.ts';
import { reasonOf } from './rows.ts';

const block = (language: string, text: string) => ({
  instruction: 'Show how it is done.',
  output: `Like this:\n\n\`\`\`${language}\n${text}\n\`\`\`\n`,
});

describe('the rule code', () => {
  it('drops a block that its language’s parser cannot read, and names the language', () => {
    assert.equal(
      reasonOf(code, block('python', 'def half(x)\n    return x / 2')),
      'Python that does not parse',
    );
    assert.equal(reasonOf(code, block('js', 'const half = (x => x / 2;')), 'JavaScript that does not parse');
    assert.equal(reasonOf(code, block('ts', 'type A = { a: string')), 'TypeScript that does not parse');
  });

  it('drops Python whose body is not indented, and a call that does not end', () => {
    assert.notEqual(reasonOf(code, block('python', 'for i in range(3):\nprint(i)')), null);
    assert.notEqual(reasonOf(code, block('python', 'print("a"')), null);
  });

  it('looks at every block', () => {
    const { output } = block('python', 'x = 1');
    assert.notEqual(reasonOf(code, { output: `${output}\n${block('js', 'if (').output}` }), null);
  });

  it('keeps code that parses', () => {
    for (const given of [
      block(
        'python',
        'def half(x: float) -> float:\n    """Half of it."""\n    return x / 2\n\nprint(f"{half(3):.1f}")',
      ),
      block('python', 'match x:\n    case [1, *rest]:\n        pass'),
      block('python', 'async def f():\n    async with a as b:\n        return [y async for y in b]'),
      block('javascript', 'const half = async ({ x = 0, ...rest }) => x?.value ?? rest;'),
      block('jsx', 'export const Hello = ({ name }) => <p className="a">Hello {name}</p>;'),
      block('tsx', 'const Hello = ({ name }: { name: string }) => <p>{name}</p>;'),
      block('typescript', 'enum A { X }\nfunction f<T extends keyof A>(x: T): x is T { return true }'),
    ])
      assert.equal(reasonOf(code, given), null, given.output);
  });

  it('keeps fragments that people write: an object, a method, an indented body, a body yet to be written', () => {
    for (const given of [
      block('js', '{ "presets": ["env"], "debug": true }'),
      block('js', 'render() {\n  return this.text;\n}'),
      block('python', '    x = 1\n    y = 2'),
      block('python', 'def f():\n    # your code here'),
      block('python', 'class A:\n    ...'),
      block('js', 'function f() {\n  ...\n}\n'),
    ])
      assert.equal(reasonOf(code, given), null, given.output);
  });

  it('keeps sessions, and blocks of languages that it does not know or that are not named', () => {
    for (const given of [
      block('python', '>>> 1 + 1\n2'),
      block('python', '%matplotlib inline\nimport numpy'),
      block('js', '> 1 + 1\n2'),
      block('cobol', 'MOVE 1 TO (('),
      block('', 'if (('),
    ])
      assert.equal(reasonOf(code, given), null, given.output);
  });

  it('keeps code that is wrong on purpose', () => {
    const given = { ...block('python', 'print("a"'), instruction: 'Show a syntax error in Python.' };
    assert.equal(reasonOf(code, given), null);
  });

  it('never runs it', () => {
    const text = 'globalThis.wasRun = true; process.exit(1)';
    assert.equal(reasonOf(code, block('js', text)), null);
    assert.equal('wasRun' in globalThis, false);
  });
});
