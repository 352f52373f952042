import { loadTokenizer } from '../../../activities/model/folder/tokenizer.ts';
import { maskRow } from '../../../activities/tokenize/mask.ts';
import { formatPrompt } from '../../../activities/tokenize/templates.ts';
const tok = await loadTokenizer('test/fixtures/tokenize/ignore-merges');
const o = {maxLength: 512, trainOnPrompt: false};
const row = {instruction:'Name a colour.', input:'', output:'Red.'};
const m = maskRow(row, tok, o);
console.log(m.inputIds.length, tok.encode(formatPrompt(row),{addSpecialTokens:true}).length, m.inputIds.slice(-6), m.labels.slice(-6));
console.log(maskRow({...row, output:'\n\nRed.'}, tok, o));
