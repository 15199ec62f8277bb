// What the page and its plots share: text made safe for HTML, and a colour for each run. Pure.

const signs: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => signs[sign] ?? sign);
}

/** Okabe and Ito's palette, which people with any colour vision tell apart. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];

export function colourOf(run: number): string {
  return colours[run % colours.length] ?? '#000000';
}
