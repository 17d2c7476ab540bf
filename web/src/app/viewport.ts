/** Keeps the application as high as what the on-screen keyboard leaves, where the browser does not do it by itself. */
export function followKeyboard(): void {
  const viewport = visualViewport;
  if (!viewport) return;
  const follow = (): void => {
    // A pinch zoom also makes the viewport small; then the page keeps its height.
    if (viewport.scale > 1.01) return;
    document.documentElement.style.setProperty("--app-height", `${viewport.height}px`);
    if (viewport.offsetTop > 0) scrollTo(0, 0);
  };
  viewport.addEventListener("resize", follow);
  follow();
}
