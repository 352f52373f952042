import { readStructuredTask } from '../../teacher/answer/structured-output.ts';
import { withoutMarker } from '../prompt/prompt.ts';
import type { ParsedAnswer, ParsedSegment } from './parse.ts';
import { strip } from './python-text.ts';

/**
 * Reads an answer that was held to the form `task-list`. Every element of its list that is whole is kept,
 * whatever comes after it: an answer that stopped before its end loses the one that it broke off in. Never
 * throws: what has not the form is a malformed segment, and so is an answer without a list.
 */
export function parseStructured(answer: string): ParsedAnswer {
  const elements = elementsOf(answer);
  const parsed: ParsedSegment[] = [];
  for (const [segment, element] of elements.entries()) {
    const task = readStructuredTask(parseJson(element));
    if (task === null) continue;
    parsed.push({
      segment,
      instruction: strip(task.instruction),
      input: withoutMarker(strip(task.input)),
      output: strip(task.output),
    });
  }
  return { parsed, segments: Math.max(1, elements.length) };
}

const LIST_START = /"tasks"\s*:\s*\[/;

/** The texts of the elements of the list `tasks`; the last one may be broken off. */
function elementsOf(answer: string): string[] {
  const start = LIST_START.exec(answer);
  if (start === null) return [];
  const elements: string[] = [];
  let from = start.index + start[0].length;
  let depth = 0;
  let inString = false;
  for (let at = from; at < answer.length; at += 1) {
    const character = answer.charAt(at);
    if (inString) {
      if (character === '\\') at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (depth > 0 && (character === '}' || character === ']')) depth -= 1;
    else if (depth === 0 && (character === ',' || character === ']')) {
      elements.push(answer.slice(from, at));
      from = at + 1;
      if (character === ']') return nonEmpty(elements);
    }
  }
  return nonEmpty([...elements, answer.slice(from)]);
}

/** Without the gap of an empty list or of a trailing comma. */
function nonEmpty(elements: string[]): string[] {
  return elements.filter((element) => element.trim() !== '');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
