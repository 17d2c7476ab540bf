/** Whether the switcher stands open; apart from it, so that its code loads on first use. */
import { makeStore } from "../app/store";

export const switcher = makeStore(false);
