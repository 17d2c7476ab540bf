/** The page's icon with how much waits: a number for what asks for the reader, a dot for the rest. */
const MOST = 9;

const shape = (count: number): string =>
  count === 0
    ? "<circle cx='17.500' cy='4.500' r='4' fill='#5e6966'/>"
    : `<circle cx='15' cy='7' r='7' fill='#c14b06'/><text x='15' y='11' font-family='sans-serif' font-weight='600' font-size='${count > MOST ? 9 : 11}' text-anchor='middle' fill='#fff'>${count > MOST ? "9+" : count}</text>`;

const LOGO = "<path d='M4.800 3.200h12.400a2.300 2.300 0 0 1 2.300 2.300v8a2.300 2.300 0 0 1-2.300 2.300h-4.600L8 19.600v-3.800H4.800a2.300 2.300 0 0 1-2.300-2.300v-8a2.300 2.300 0 0 1 2.300-2.300z' fill='none' stroke='#0a6b60' stroke-width='1.700'/>";

/** @param count what asks for the reader; `news`: something else is unread */
export function showBadge(count: number, news: boolean): void {
  const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  if (!link) return;
  const drawn = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 22 22'>${LOGO}${shape(count)}</svg>`;
  link.href = count > 0 || news ? `data:image/svg+xml,${encodeURIComponent(drawn)}` : "/icon.svg";
  // Of the installed page; refused where it is not installed.
  void (count > 0 ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.())?.catch(() => undefined);
}
