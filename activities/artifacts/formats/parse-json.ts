/** Levels that JSON may be nested: what walks through it afterwards, level by level, has a stack of its own. */
const MOST_LEVELS = 200;

/** @throws SyntaxError for what is no JSON, and for what is nested too deeply */
export function parseJson(text: string): unknown {
  if (levelsOf(text) > MOST_LEVELS) throw new SyntaxError(`nested more than ${MOST_LEVELS} levels deep`);
  return JSON.parse(text);
}

/** How deeply the brackets of a JSON text are nested. */
function levelsOf(text: string): number {
  let [levels, deepest, inString] = [0, 0, false];
  for (let i = 0; i < text.length; i += 1) {
    const character = text.charCodeAt(i);
    if (character === BACKSLASH) i += 1;
    else if (character === QUOTE) inString = !inString;
    else if (inString) continue;
    else if (character === 0x5b || character === 0x7b) levels += 1;
    else if (character === 0x5d || character === 0x7d) levels -= 1;
    if (levels > deepest) deepest = levels;
  }
  return deepest;
}
const [QUOTE, BACKSLASH] = [0x22, 0x5c];
