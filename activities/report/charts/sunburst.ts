import { type HierarchyRectangularNode, hierarchy, partition } from 'd3-hierarchy';
import { arc } from 'd3-shape';
import { html, type Markup } from '../../document/html.ts';
import { ARC_HUES } from '../../document/palette.ts';

/** A slice of the inner ring, and the slices that divide it in the outer one. */
export interface Slice {
  name: string;
  parts: readonly { name: string; value: number }[];
}

const SIZE = 560;
const RADIUS = SIZE / 2 - 4;
/** Where the inner ring begins and ends, and the outer one ends. */
const RINGS = [RADIUS * 0.24, RADIUS * 0.58, RADIUS] as const;
const FONT = 11;
/** Of an average letter, as a share of the font's size; the longest text is cut to what its ring takes. */
const LETTER = 0.56;

interface Datum {
  name: string;
  hue: number;
  value?: number;
  children?: Datum[];
}

/** Two rings; a slice's angle is its share of all parts. Text runs outward, and is left out where too narrow. */
export function sunburst(slices: readonly Slice[], { title }: { title: string }): Markup {
  const data: Datum = {
    name: '',
    hue: 0,
    children: slices.map(({ name, parts }, index) => ({
      name,
      hue: index % ARC_HUES,
      children: parts.map((part) => ({ ...part, hue: index % ARC_HUES })),
    })),
  };
  const root = partition<Datum>().size([2 * Math.PI, 3])(hierarchy(data).sum(({ value }) => value ?? 0));
  const drawn = root.descendants().filter(({ depth }) => depth > 0);
  return html`<svg class="chart sunburst" viewBox="0 0 ${SIZE} ${SIZE}" role="img" aria-label="${title}">
<title>${title}</title>
<g transform="translate(${SIZE / 2} ${SIZE / 2})">${drawn.map(drawArc)}${drawn.map(drawLabel)}</g>
</svg>`;
}

const outline = arc<HierarchyRectangularNode<Datum>>()
  .startAngle(({ x0 }) => x0)
  .endAngle(({ x1 }) => x1)
  .innerRadius(innerRadius)
  .outerRadius(outerRadius)
  .digits(1);

function innerRadius({ depth }: { depth: number }): number {
  return RINGS[depth - 1] ?? 0;
}

function outerRadius({ depth }: { depth: number }): number {
  return RINGS[depth] ?? RADIUS;
}

function drawArc(node: HierarchyRectangularNode<Datum>): Markup {
  const { data, depth, value = 0, parent } = node;
  const said = depth === 1 ? data.name : `${parent?.data.name} ${data.name}`;
  return html`<path class="arc arc-${data.hue}" d="${outline(node) ?? ''}"><title>${said}: ${value}</title></path>`;
}

function drawLabel(node: HierarchyRectangularNode<Datum>): Markup | null {
  const inner = innerRadius(node);
  const outer = outerRadius(node);
  const angle = (node.x0 + node.x1) / 2;
  const breadth = (node.x1 - node.x0) * ((inner + outer) / 2);
  if (breadth < FONT) return null;
  const degrees = round((angle * 180) / Math.PI - 90);
  const isLeft = angle > Math.PI;
  return html`<text class="arc-label" transform="rotate(${degrees}) translate(${round((inner + outer) / 2)} 0)${isLeft ? ' rotate(180)' : ''}" text-anchor="middle" dy="0.35em">${fitted(node.data.name, outer - inner - 8)}</text>`;
}

function fitted(text: string, width: number): string {
  const most = Math.floor(width / (FONT * LETTER));
  const letters = [...text];
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join('')}…`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
