import { choicesOf, type Field, type RecordShape, type Shape } from './shapes.ts';

/** The contracts as Java classes that Jackson reads and writes, for clients/java. */
export function javaOf(records: readonly RecordShape[]): string {
  return [HEAD, ...records.map(classOf), '}\n'].join('\n');
}

const HEAD = `// Made of schemas/ by \`npm run schema\`: change the contracts, not this file.
package alpaca;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a run takes, gives and answers. A field of an input that is null is left out, and has its default; an empty
 * Optional is sent as null, which may be another thing. The workers check what these types cannot say.
 */
public final class Contracts {
    private Contracts() {}
`;

function classOf({ name, fields }: RecordShape): string {
  return [
    '    @JsonIgnoreProperties(ignoreUnknown = true)',
    '    @JsonInclude(JsonInclude.Include.NON_NULL)',
    `    public static final class ${name} {`,
    fields.map(linesOf).join('\n\n'),
    '    }\n',
  ].join('\n');
}

function linesOf({ name, shape, nullable, required, what }: Field): string {
  const comment = [what, choicesOf(shape)].filter(Boolean).join('; ');
  const type = nullable && !required ? `Optional<${typeOf(shape)}>` : typeOf(shape);
  return [
    ...(comment === '' ? [] : [`        /** ${comment.replaceAll('*/', '* /')} */`]),
    `        @JsonProperty("${name}")`,
    `        public ${type} ${KEYWORDS.has(name) ? `${name}_` : name};`,
  ].join('\n');
}

/** Of Java's keywords those that a contract may have as a field: such a field ends in an underscore. */
const KEYWORDS = new Set([
  'class',
  'default',
  'float',
  'import',
  'int',
  'long',
  'new',
  'package',
  'short',
  'this',
]);

function typeOf(shape: Shape): string {
  switch (shape.kind) {
    case 'text':
    case 'choice':
      return 'String';
    case 'whole':
      return 'Long';
    case 'number':
      return 'Double';
    case 'flag':
      return 'Boolean';
    case 'list':
      return `List<${typeOf(shape.of)}>`;
    case 'map':
      return `Map<String, ${typeOf(shape.of)}>`;
    case 'record':
      return shape.name;
    case 'either':
      return 'Object';
  }
}
