/** Where things stand on the screen, frame by frame. */
import type { Page } from "@playwright/test";

export interface Mark { key: string; top: number }

/** The first message that is fully inside the timeline. */
export const firstVisible = (page: Page): Promise<Mark> =>
  page.evaluate(() => {
    const scroller = document.querySelector<HTMLElement>(".page [role=log]")!;
    const edge = scroller.getBoundingClientRect().top;
    const first = [...scroller.querySelectorAll<HTMLElement>("article")].find((article) => article.getBoundingClientRect().top >= edge)!;
    return { key: first.dataset["key"]!, top: first.getBoundingClientRect().top };
  });

/** Watches one message in every frame until `stop`, which tells how far it strayed from where it stood. */
export async function watch(page: Page, mark: Mark): Promise<() => Promise<number>> {
  await page.evaluate(({ key, top }) => {
    const state = { worst: 0, on: true };
    Object.assign(window, { straying: state });
    const look = (): void => {
      const now = document.querySelector(`.page article[data-key="${CSS.escape(key)}"]`)?.getBoundingClientRect().top;
      state.worst = Math.max(state.worst, now === undefined ? Infinity : Math.abs(now - top));
      if (state.on) requestAnimationFrame(look);
    };
    look();
  }, mark);
  return () =>
    page.evaluate(() => {
      const { straying } = window as unknown as { straying: { worst: number; on: boolean } };
      straying.on = false;
      return straying.worst;
    });
}

/** Waits until so many frames were painted. */
export const frames = (page: Page, count = 2): Promise<void> =>
  page.evaluate((n) => new Promise<void>((done) => {
    const step = (left: number): void => void (left === 0 ? done() : requestAnimationFrame(() => step(left - 1)));
    step(n);
  }), count);
