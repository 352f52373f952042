import { parseJson } from '../../artifacts/formats/parse-json.ts';
import { fencedBlocks } from './blocks.ts';
import type { Rule } from './rule.ts';

/**
 * JSON that does not parse: in blocks that call themselves `json`, and in an answer that begins as JSON does where the
 * task speaks of JSON. Excerpts for people are left alone: with comments, an ellipsis, or members without their braces.
 */
export const json: Rule = ({ instruction, input, output }, words) => {
  if (words.speaksOfErrors.areIn(instruction)) return null;
  const texts = fencedBlocks(output)
    .blocks.filter(({ language, closed }) => language === 'json' && closed)
    .map(({ text }) => text);
  if (/^\s*(\{\s*["}]|\[\s*[{["\]])/.test(output) && /\bjson\b/i.test(`${instruction}\n${input}`))
    texts.push(output);
  for (const text of texts) {
    const problem = problemOf(text);
    if (problem !== null && !isExcerpt(text)) return { reason: problem, found: text };
  }
  return null;
};

function problemOf(text: string): string | null {
  try {
    parseJson(text);
    return null;
  } catch (error) {
    return error instanceof SyntaxError ? `JSON that does not parse: ${firstLine(error.message)}` : null;
  }
}

/** Node quotes the text in its message. */
function firstLine(message: string): string {
  return message.replace(/, ?(\.\.\.)?"[\s\S]*/, '').slice(0, 100);
}

function isExcerpt(text: string): boolean {
  if (text.trim() === '' || /\.\.\.|…|^[ \t]*(\/\/|\/\*|#)|[,{[]\s*\/\//m.test(text)) return true;
  if (/^\s*"[^"\n]*"\s*:/.test(text)) return problemOf(`{${text.trimEnd().replace(/,$/, '')}}`) === null;
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.length > 1 && lines.every((line) => problemOf(line) === null);
}
