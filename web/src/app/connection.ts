/** The look of this page's connection, drawn again when its time has come. */
import { useEffect, useState } from "react";
import { connectionLook, STRIP_MS, WORD_MS, type Look } from "./connection-look";
import { useSession } from "./session";

export function useConnectionLook(): Look {
  const status = useSession((session) => session.status);
  const onLine = useSession((session) => session.onLine);
  const [, redraw] = useState(0);
  useEffect(() => {
    const again = (): void => redraw((n) => n + 1);
    const waits = [WORD_MS, STRIP_MS].map((ms) => setTimeout(again, Math.max(0, status.since + ms - Date.now()) + 10));
    return () => waits.forEach(clearTimeout);
  }, [status]);
  return connectionLook(status, Date.now(), onLine);
}
