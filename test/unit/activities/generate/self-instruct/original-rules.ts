/*
 * The published rules of Self-Instruct's scripts, read anew for the tests: by scanning characters, where the product goes by regular
 * expressions, and rows as arrays. Where the original goes by chance, the first in the answer's order are taken.
 */

export interface Recorded {
  text: string;
  /** why the completion ended */
  finish: string;
}

export type Row = [instruction: string, input: string, output: string];

const SPACE = ' \t\n\v\f\r\u001c\u001d\u001e\u001f\u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000';

function isSpace(character: string): boolean {
  return character !== '' && (SPACE.includes(character) || (character >= '\u2000' && character <= '\u200a'));
}

function isDigit(character: string): boolean {
  return /^\p{Nd}$/u.test(character);
}

function trimmed(text: string): string {
  const characters = [...text];
  while (characters.length > 0 && isSpace(characters[0] ?? '')) characters.shift();
  while (characters.length > 0 && isSpace(characters.at(-1) ?? '')) characters.pop();
  return characters.join('');
}

/** Where a marker that begins at `at` ends; -1 where none begins there. */
type Marker = (text: string, at: number) => number;

function run(text: string, at: number, is: (character: string) => boolean, most = Infinity): number {
  let end = at;
  while (end < text.length && end - at < most && is(text.charAt(end))) end += 1;
  return end;
}

const exampleMark: Marker = (text, at) => {
  if (!text.startsWith('Example', at)) return -1;
  const digits = run(text, run(text, at + 7, isSpace, 1), isDigit);
  return run(text, digits, (character) => character === '.', 1);
};

function fieldMark(name: string): Marker {
  return (text, at) => {
    if (!text.startsWith(name, at)) return -1;
    const end = run(text, run(text, run(text, at + name.length, isSpace), isDigit), isSpace);
    return text.charAt(end) === ':' ? end + 1 : -1;
  };
}

const outputMark = fieldMark('Output');
const inputMark = fieldMark('Input');

const numberMark: Marker = (text, at) => {
  if (text.charAt(at) !== '\n') return -1;
  const digits = run(text, at + 1, isDigit);
  if (digits === at + 1) return -1;
  const end = run(text, digits, isSpace, 1);
  return text.startsWith('. ', end) ? end + 2 : -1;
};

function cut(text: string, mark: Marker): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; ) {
    const end = mark(text, at);
    if (end < 0) at += 1;
    else {
      parts.push(text.slice(from, at));
      from = end;
      at = end;
    }
  }
  return [...parts, text.slice(from)];
}

/** The new instructions of one answer to an instruction prompt. */
export function originalInstructions({ text, finish }: Recorded): string[] {
  if (finish === 'length') return [];
  const kept: string[] = [];
  for (const part of cut(text, numberMark)) {
    const words: string[] = [];
    for (const word of [...part]
      .map((character) => (isSpace(character) ? ' ' : character))
      .join('')
      .split(' '))
      if (word !== '') words.push(word);
    const line = words.join(' ');
    if (line === '') continue;
    const instruction = line.slice(0, 1).toUpperCase() + line.slice(1).toLowerCase();
    if (words.length < 4 || words.length > 150) continue;
    // Python takes the dotless i for an i where case does not matter.
    const folded = instruction.toLowerCase().replaceAll('\u0131', 'i');
    if (BANNED.some((word) => hasWord(folded, word))) continue;
    if (instruction.slice(0, 15) === 'Write a program') continue;
    const code = instruction.charCodeAt(0);
    if (code > 127 || PUNCTUATION.includes(instruction.charAt(0))) continue;
    kept.push(instruction);
  }
  return kept;
}

const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
const BANNED = 'image,images,graph,graphs,picture,pictures,file,files,map,maps,draw,plot,go to'.split(',');

function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
    if (!isWordCharacter(text.charAt(at - 1)) && !isWordCharacter(text.charAt(at + word.length))) return true;
  return false;
}

function isWordCharacter(character: string): boolean {
  return /^[\p{L}\p{N}_]$/u.test(character);
}

/** Whether the answer to the question says that a task is a classification. */
export function originalIsClassification({ text }: Recorded): boolean {
  const said = trimmed(text);
  return said === 'Yes' || said === 'yes' || said === 'YES';
}

/** The rows of one task that the original trains on. */
export function originalRows(
  instruction: string,
  isClassification: boolean,
  { text, finish }: Recorded,
): Row[] {
  let rows: Row[] = [];
  if (isClassification) {
    for (const block of text.split('Class label:').slice(1)) {
      const [label = '', ...lines] = trimmed(block).split('\n');
      rows.push([trimmed(instruction), trimmed(lines.join('\n')), trimmed(label)]);
    }
  } else {
    const answer = trimmed(text);
    const parts = cut(answer, exampleMark);
    const blocks = parts.length > 1 ? parts.map(trimmed).filter((part) => part !== '') : [answer];
    if (parts.length === 1 && cut(answer, outputMark).length === 1) return [];
    for (const block of blocks) {
      const fields = cut(block, outputMark);
      let [input, output] =
        fields.length > 1 ? [trimmed(fields[0] ?? ''), trimmed(fields[1] ?? '')] : ['', block];
      output = trimmed(cut(output, inputMark)[0] ?? '');
      const begins = inputMark(input, 0);
      if (begins > 0) input = trimmed(input.slice(begins));
      rows.push([trimmed(instruction), input, output]);
    }
  }
  if (finish === 'length') rows.pop();
  rows = rows.filter(([, input, output]) => {
    const colon = input.at(-1) === ':' || output.at(-1) === ':';
    return output !== '' && input !== output && !colon;
  });
  for (const [, input, output] of rows)
    for (const [, same, other] of rows) if (input !== '' && input === same && output !== other) return [];
  const unique = rows.filter((row, at) => rows.findIndex(([, i, o]) => i === row[1] && o === row[2]) === at);
  return unique.slice(0, 5);
}
