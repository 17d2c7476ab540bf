/** Starts the client. */
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
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
import "./sidebar/sidebar.css";
import "./welcome/welcome.css";
import "./rooms/rooms.css";
import "./timeline/timeline.css";
import "./composer/composer.css";
import "./panel/panel.css";
import "./settings/settings.css";
import "./live/live.css";

const root = document.getElementById("root");
// No await at the top level: the bundler would then cut the entry into a dozen files.
void loadTexts(readLook().lang).catch(() => undefined).then(() => root && createRoot(root).render(<Fault><App /></Fault>));
followKeyboard();
watchForMentions();
registerWorker();
void start();
