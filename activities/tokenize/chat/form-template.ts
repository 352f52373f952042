import type { DataSource } from '../../../workflows/contracts/data.ts';
import type { TokenizeInput } from '../../../workflows/contracts/tokenize.ts';
import { AlpacaError } from '../../errors.ts';
import type { GivenForm } from '../base-model.ts';
import { readTemplate } from '../template-file.ts';
import { openChatTemplate, readChatTemplateFile } from './chat-template.ts';
import { namedTemplatePath } from './named-templates.ts';

/** Where a template lies, and what messages call it. */
export interface PlacedTemplate {
  path: string;
  name: string;
}

/** The file of a template that is named for the format `chat`; null where it is to be looked for as other sources are. */
export function placedByName(
  { format }: Pick<TokenizeInput, 'format'>,
  source: DataSource,
): PlacedTemplate | null {
  const path = format === 'chat' ? namedTemplatePath(source) : null;
  return path === null ? null : { path, name: String(source) };
}

/**
 * Reads what rows are to be put into.
 *
 * @throws AlpacaError NotFound; InvalidInput where the template is not of the format
 */
export async function readForm(
  format: TokenizeInput['format'],
  given: PlacedTemplate | null,
): Promise<GivenForm> {
  if (format === 'text') {
    if (given === null) return { format, template: null };
    throw new AlpacaError('InvalidInput', `Plain text is put into no template, and ${given.name} is one.`, {
      remedy: 'Leave tokenize.template out.',
    });
  }
  if (format === 'alpaca') return { format, template: given && (await readTemplate(given.path, given.name)) };
  const template = given && (await readChatTemplateFile(given.path, given.name));
  if (given && template !== null) openChatTemplate(template, { config: {}, map: {} }, given);
  return { format, template };
}
