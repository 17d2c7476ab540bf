/** Starts the client. */
import { createRoot } from "react-dom/client";
import { App, Rooms } from "./app/App";
import { Fault } from "./app/Fault";
import { registerWorker } from "./app/install";
import { watchForMentions } from "./app/notify";
import { start } from "./app/session";
import { followKeyboard } from "./app/viewport";
import { loadTexts } from "./i18n/language";
import { readLook } from "./theme/look";
import "./theme/tokens.css";
import "./theme/base.css";
import "./app/app.css";
import "./app/shell.css";
import "./sidebar/sidebar.css";
import "./welcome/welcome.css";
import "./rooms/rooms.css";
import "./timeline/timeline.css";
import "./composer/composer.css";
import "./panel/panel.css";
import "./settings/settings.css";
import "./live/live.css";

/** The static shell of the page stands until all of this is there, so that it gives way to the whole screen at once. */
async function begin(): Promise<void> {
  const texts = loadTexts(readLook().lang).catch(() => undefined);
  if (await start()) await Rooms.load().catch(() => undefined);
  await texts;
  const root = document.getElementById("root");
  if (root) createRoot(root).render(<Fault><App /></Fault>);
}
// No await at the top level: the bundler would then cut the entry into a dozen files.
void begin();
followKeyboard();
watchForMentions();
registerWorker();
