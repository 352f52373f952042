import type { Field, RecordShape, Shape } from './shapes.ts';

/** The contracts as pydantic models, for clients/python. */
export function pythonOf(records: readonly RecordShape[]): string {
  return [HEAD, ...records.map(classOf)].join('\n\n');
}

const HEAD = `# Made of schemas/ by \`npm run schema\`: change the contracts, not this file.
"""What a run takes, gives and answers. What is left out of an input has its default: send it with \`sent\`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Sent(BaseModel):
    """What a caller sends. The workers check what its types cannot say."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    def sent(self) -> dict[str, Any]:
        """What was set, and nothing else, as JSON has it."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class Given(BaseModel):
    """What workers give. A later version may give more, which is left out."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)
`;

function classOf({ name, fields, isSent }: RecordShape): string {
  return [`class ${name}(${isSent ? 'Sent' : 'Given'}):`, ...fields.flatMap(linesOf), ''].join('\n');
}

/** Of Python's keywords those that a contract may have as a field: such a field ends in an underscore. */
const KEYWORDS = new Set([
  'class',
  'from',
  'global',
  'import',
  'in',
  'is',
  'lambda',
  'pass',
  'with',
  'yield',
]);

function linesOf({ name, shape, nullable, required, what }: Field): string[] {
  const reserved = KEYWORDS.has(name);
  const mayBeNone = nullable || !required;
  const type = typeOf(shape) + (mayBeNone ? ' | None' : '');
  const options = [...(required ? [] : ['default=None']), ...(reserved ? [`alias="${name}"`] : [])];
  const value = reserved ? ` = Field(${options.join(', ')})` : required ? '' : ' = None';
  return [...(what === '' ? [] : [`    # ${what}`]), `    ${name}${reserved ? '_' : ''}: ${type}${value}`];
}

function typeOf(shape: Shape): string {
  switch (shape.kind) {
    case 'text':
      return 'str';
    case 'whole':
      return 'int';
    case 'number':
      return 'float';
    case 'flag':
      return 'bool';
    case 'choice':
      return `Literal[${shape.values.map((value) => JSON.stringify(value)).join(', ')}]`;
    case 'list':
      return `list[${typeOf(shape.of)}]`;
    case 'map':
      return `dict[str, ${typeOf(shape.of)}]`;
    case 'record':
      return shape.name;
    case 'either':
      return shape.of.map(typeOf).join(' | ');
  }
}
