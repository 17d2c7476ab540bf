/** Screens that are not needed for the first paint: loaded when the browser has time, shown at once when asked for. */
import { useEffect, useState, type ComponentType, type ReactNode } from "react";

const IDLE_MS = 1_500;
const whenIdle = (run: () => void): void => void (typeof requestIdleCallback === "function" ? requestIdleCallback(run, { timeout: IDLE_MS }) : setTimeout(run, IDLE_MS));

/**
 * Not `lazy` with `Suspense`: those hold a screen back for 300 ms, in which keys fall into the field behind it.
 * @param waiting what stands until the code is there
 * @param when `use`: only when it is asked for, because most never do
 */
export function deferred<P extends object>(load: () => Promise<ComponentType<P>>, waiting: ReactNode = null, when: "idle" | "use" = "idle"): ComponentType<P> & { load: () => Promise<void> } {
  let loaded: ComponentType<P> | undefined;
  let loading: Promise<void> | undefined;
  const start = (): Promise<void> =>
    (loading ??= load().then(
      (component) => {
        loaded = component;
      },
      (error: unknown) => {
        // A lost connection must not spoil the next attempt.
        loading = undefined;
        throw error;
      },
    ));
  if (when === "idle") whenIdle(() => void start().catch(() => undefined));
  function Deferred(props: P): ReactNode {
    const [, redraw] = useState(loaded !== undefined);
    useEffect(() => {
      if (!loaded) void start().then(() => redraw(true), () => undefined);
    }, []);
    const Loaded = loaded;
    return Loaded ? <Loaded {...props} /> : waiting;
  }
  return Object.assign(Deferred, { load: start });
}
