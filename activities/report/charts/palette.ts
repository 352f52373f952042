import { Markup } from '../../document/html.ts';

/** How many hues arcs take in turn. */
export const ARC_HUES = 10;

/**
 * The colours of pages and charts, by name. Text has a contrast of at least 4.5 to 1 with the ground, and on
 * every arc, in both; neighbouring arcs differ in hue.
 */
export const LIGHT: Readonly<Record<string, string>> = {
  text: '#1c2330',
  soft: '#566072',
  ground: '#ffffff',
  panel: '#f4f6f9',
  edge: '#d5dae3',
  control: '#7d8798',
  first: '#2457b3',
  second: '#a34a00',
  third: '#1d7a4c',
  ...arcs(70, 82),
};

const DARK: Readonly<Record<string, string>> = {
  text: '#e6e9ef',
  soft: '#a5aebd',
  ground: '#14171c',
  panel: '#1d2229',
  edge: '#363e4a',
  control: '#6d7889',
  first: '#86b0ff',
  second: '#ffac66',
  third: '#74d3a0',
  ...arcs(38, 26),
};

function arcs(saturation: number, lightness: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: ARC_HUES }, (_, hue) => [
      `arc-${hue}`,
      // Three tenths of the circle further each time.
      `hsl(${(210 + 108 * hue) % 360}, ${saturation}%, ${lightness}%)`,
    ]),
  );
}

/** What charts look like; the colours are the page's custom properties. */
export const CHART_STYLE = `
.bar { fill: var(--first); }
.line { fill: none; stroke-width: 1; stroke: var(--first); stroke-linejoin: round; opacity: .65; }
.line-1 { stroke: var(--second); stroke-width: 2.5; opacity: 1; }
.line-2 { stroke: var(--third); stroke-width: 2; opacity: 1; }
.mark { fill: var(--first); }
.mark-1 { fill: var(--second); }
.mark-2 { fill: var(--third); }
.equal .line { stroke-width: 2; opacity: 1; }
.equal .line-1 { stroke-dasharray: 6 3; }
.axis { stroke: var(--soft); }
.grid { stroke: var(--edge); }
.label { fill: var(--soft); font: 12px system-ui, sans-serif; }
.arc { stroke: var(--ground); stroke-width: 1; }
.arc-label { fill: var(--text); font: 11px system-ui, sans-serif; }
${Array.from({ length: ARC_HUES }, (_, hue) => `.arc-${hue} { fill: var(--arc-${hue}); }`).join('\n')}
`;

/** The custom properties for both settings of the reader. */
export const PALETTE_STYLE = new Markup(`
:root { color-scheme: light dark; ${properties(LIGHT)} }
@media (prefers-color-scheme: dark) { :root { ${properties(DARK)} } }
`);

function properties(palette: Readonly<Record<string, string>>): string {
  return Object.entries(palette)
    .map(([name, colour]) => `--${name}: ${colour};`)
    .join(' ');
}
