/** Decides which screen stands: the door, or the rooms. */
import { useEffect } from "react";
import { useText } from "../i18n/language";
import { Welcome } from "../welcome/Welcome";
import { deferred } from "./deferred";
import { useSession } from "./session";
import { useStore } from "./store";
import { toast } from "./toast";

export const Rooms = deferred(() => import("./Rooms").then((module) => module.Rooms), <Entering />);

export function App() {
  const phase = useSession((session) => session.phase);
  const said = useStore(toast, (sentence) => sentence);
  useEffect(() => {
    if (phase === "out") document.title = "chatmesh";
  }, [phase]);
  return (
    <>
      {phase === "in" ? <Rooms /> : <Welcome />}
      <div role="status">{said && <div className="toast">{said}</div>}</div>
    </>
  );
}

/** Only where the way in was quicker than the code behind it. */
function Entering() {
  return <div className="full" aria-busy="true" aria-label={useText().app.loading} />;
}
