/**
 * The table of a report's rows: sorted by a column, searched by words, a page of it at a time. What rows say is set as
 * text alone.
 */

const PAGE = 25;

const place = element('row-table', HTMLElement);
const words = element('row-words', HTMLInputElement);
const ofClass = element('row-class', HTMLSelectElement);
const body = element('row-body', HTMLTableSectionElement);
const before = element('row-before', HTMLButtonElement);
const after = element('row-after', HTMLButtonElement);

/**
 * A row as the page has it: instruction, input, output, class, words of the output, likeness to the nearest
 * instruction, faults.
 * @typedef {[string, string, string, string, number, number | null, string]} Row
 */
/** @type {Row[]} */
const rows = JSON.parse(element('row-data', HTMLScriptElement).textContent ?? '[]');

/** Where in a row each column's value is; the number of a row is in none. */
const COLUMNS = { row: -1, instruction: 0, output: 2, class: 3, words: 4, likeness: 5, faults: 6 };
/** @typedef {keyof typeof COLUMNS} Column */

/** @type {string[] | null} */
let searched = null;
/** @type {{ column: Column, descending: boolean }} */
let order = { column: 'row', descending: false };
/** @type {number[]} */
let found = [];
let start = 0;

for (const button of place.querySelectorAll('button[data-column]'))
  button.addEventListener('click', () => sortBy(/** @type {Column} */ (button.getAttribute('data-column'))));
words.addEventListener('input', find);
ofClass.addEventListener('change', find);
before.addEventListener('click', () => showFrom(start - PAGE));
after.addEventListener('click', () => showFrom(start + PAGE));
find();
place.hidden = false;

/** @param {Column} column */
function sortBy(column) {
  order = { column, descending: order.column === column && !order.descending };
  for (const head of place.querySelectorAll('th')) {
    const isOrder = head.querySelector('button')?.getAttribute('data-column') === column;
    if (isOrder) head.setAttribute('aria-sort', order.descending ? 'descending' : 'ascending');
    else head.removeAttribute('aria-sort');
  }
  find();
}

/** Rows with all of the words, in the order that was chosen; equal ones in the order of the data. */
function find() {
  const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length > 0)
    searched ??= rows.map((row) => [row[0], row[1], row[2], row[6]].join('\n').toLowerCase());
  found = [];
  for (const [at, row] of rows.entries()) {
    if (ofClass.value !== '' && row[3] !== ofClass.value) continue;
    const text = wanted.length === 0 ? '' : (searched?.[at] ?? '');
    if (wanted.every((word) => text.includes(word))) found.push(at);
  }
  const field = COLUMNS[order.column];
  const { compare } = new Intl.Collator('en');
  if (field !== -1)
    found.sort((left, right) => {
      const [one, other] = [rows[left]?.[field] ?? -1, rows[right]?.[field] ?? -1];
      const ascending = typeof one === 'string' ? compare(one, String(other)) : one - Number(other);
      return order.descending ? -ascending : ascending;
    });
  else if (order.descending) found.reverse();
  showFrom(0);
}

/** @param {number} from */
function showFrom(from) {
  start = from;
  const shown = found.slice(start, start + PAGE);
  body.replaceChildren(...shown.map(shownRow));
  const end = start + shown.length;
  before.disabled = start === 0;
  after.disabled = end >= found.length;
  const range =
    found.length === 0
      ? 'No row'
      : `${(start + 1).toLocaleString('en')} to ${end.toLocaleString('en')} of ${found.length.toLocaleString('en')} rows`;
  element('row-count', HTMLElement).textContent = range;
}

/** @param {number} at */
function shownRow(at) {
  const [instruction, input, output, name, length, likeness, faults] = rows[at] ?? [
    '',
    '',
    '',
    '',
    0,
    null,
    '',
  ];
  const line = document.createElement('tr');
  line.setAttribute('role', 'row');
  const head = cell('th', 'row', String(at));
  head.setAttribute('scope', 'row');
  const asked = cell('td', 'instruction', instruction);
  if (input !== '') asked.append(text('soft', input));
  line.append(head, asked, cell('td', 'output', output), cell('td', 'class', name));
  line.append(cell('td', 'words', length.toLocaleString('en')));
  if (place.querySelector('[data-column=likeness]') !== null)
    line.append(cell('td', 'likeness', likeness === null ? '-' : likeness.toFixed(3)));
  line.append(cell('td', 'faults', faults));
  return line;
}

/**
 * @param {'th' | 'td'} kind
 * @param {string} label what stands before it where the row is a block, as on a phone
 * @param {string} value
 */
function cell(kind, label, value) {
  const made = document.createElement(kind);
  made.setAttribute('role', kind === 'th' ? 'rowheader' : 'cell');
  made.dataset.label = label;
  if (value !== '') made.append(text('', value));
  return made;
}

/**
 * @param {string} kind
 * @param {string} value
 */
function text(kind, value) {
  const made = document.createElement('bdi');
  made.className = kind;
  made.textContent = value;
  return made;
}

/**
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
function element(id, kind) {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${kind.name} ${id}`);
}
