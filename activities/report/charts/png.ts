import { Resvg } from '@resvg/resvg-js';
import type { Markup } from '../../document/html.ts';
import { CHART_STYLE, LIGHT } from '../../document/palette.ts';

/** Twice the charts' own width, for sharp text in a document or on a slide. */
const WIDTH = 1120;

/**
 * A chart as a picture on white, in the colours of the light setting. Text is in a font of this machine: pictures
 * of two machines differ in it, and without any font they have no text (`hasFont`).
 */
export function chartPicture(drawing: Markup): Uint8Array {
  return render(standalone(drawing)).asPng();
}

/** Whether text can be drawn here: some containers have no font at all. */
export function hasFont(): boolean {
  const ground = '<rect width="40" height="40" fill="#fff"/>';
  const svg = (inside: string) =>
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">${ground}${inside}</svg>`;
  const withText = svg('<text x="2" y="30" font-size="28" font-family="sans-serif">W</text>');
  return !render(withText).pixels.equals(render(svg('')).pixels);
}

/** The drawing as a file of its own: with its namespace, and the page's style with colours in place of properties. */
export function standalone(drawing: Markup): string {
  const style = CHART_STYLE.replace(/var\(--([\w-]+)\)/g, (_, name: string) => LIGHT[name] ?? '#000');
  return drawing.text.replace(
    /^\s*<svg ([^>]*)>/,
    (_, attributes: string) =>
      `<svg xmlns="http://www.w3.org/2000/svg" ${attributes}><style>${style}</style>`,
  );
}

function render(svg: string) {
  return new Resvg(svg, {
    background: '#ffffff',
    fitTo: { mode: 'width', value: WIDTH },
    font: { loadSystemFonts: true },
  }).render();
}
