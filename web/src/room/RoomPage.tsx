/** One room: header, timeline, composer, and at most one panel beside them. */
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { go, linkTo } from "../app/address";
import { deferred } from "../app/deferred";
import { Strip } from "../app/Strip";
import { useSession } from "../app/session";
import { useTitle } from "../app/title";
import { say } from "../app/toast";
import { Composer } from "../composer/Composer";
import { readDraft } from "../composer/drafts";
import { useText, reason } from "../i18n/language";
import type { PanelKind } from "../panel/Panel";
import { makeActions } from "../timeline/actions";
import { Announcer } from "../timeline/Announcer";
import { Timeline } from "../timeline/Timeline";
import { useRoom, useVisit } from "./facts";
import { JoinBar } from "./JoinBar";
import { learnNames } from "./names";
import { closeRoom, openRoom, rest, type OpenRoom } from "./opened";
import { RoomHeader } from "./RoomHeader";

const Panel = deferred(() => import("../panel/Panel").then((module) => module.Panel), <aside className="panel" />);

/** The name with its mark: `# ubuntu`, or the person's name. */
export const markedName = (room: { name: string; type: string } | undefined): string => (room ? (room.type === "direct" ? room.name : `#${room.name}`) : "");

export function RoomPage({ id, seq, thread }: { id: string; seq: number | undefined; thread: number | undefined }) {
  // A room that ended and was opened again gets a new handle; the count asks for it.
  const [life, setLife] = useState(0);
  const open = useMemo(() => openRoom(id), [id, life]);
  return <Room key={`${id} ${life}`} open={open} seq={seq} thread={thread} onAgain={() => { closeRoom(id); setLife((n) => n + 1); }} />;
}

function Room({ open, seq, thread, onAgain }: { open: OpenRoom; seq: number | undefined; thread: number | undefined; onAgain: () => void }) {
  const { handle, timeline } = open;
  const text = useText();
  useSyncExternalStore(timeline.subscribe, () => timeline.version);
  const me = useSession((session) => session.me);
  const [reply, setReply] = useState<number | undefined>(() => readDraft(open.id)?.reply);
  const [editing, setEditing] = useState<number>();
  const [sent, setSent] = useState(0);
  const [panel, setPanel] = useState<PanelKind>();
  const shown: PanelKind | undefined = thread === undefined ? panel : "thread";
  const state = useRoom(open.id);
  useVisit(open.id);
  const name = markedName(state);

  const openThread = useCallback((root: number) => go({ view: "room", room: open.id, thread: root }), [open.id]);
  const actions = useMemo(() => makeActions(handle, text, { editing, setEditing, setReply, openThread }), [handle, text, editing, openThread]);

  useEffect(() => {
    learnNames(handle.entries.map((entry) => entry.from));
  }, [handle.entries]);
  useTitle(name);
  // A change of a message that was refused goes back by itself and says why; a refused edit keeps its text in its row.
  useEffect(() => {
    for (const item of handle.pending) {
      if (item.state !== "failed" || item.kind === "send" || item.kind === "edit") continue;
      say(`${text.act.failed}: ${reason(text, item.error?.code)}`);
      handle.discard(item.id);
    }
  }, [handle, handle.pending, text]);
  useEffect(() => {
    // Leaving a room after its end was seen takes the unread line away.
    return () => {
      if (timeline.unseen === 0) timeline.clearLine();
      rest(open);
    };
  }, [open, timeline]);

  const editLast = (): void => {
    const own = handle.entries.findLast((entry) => entry.kind === "message" && !entry.deleted && entry.from.id === me?.id);
    if (own) setEditing(own.seq);
  };
  const closePanel = (): void => {
    setPanel(undefined);
    if (thread !== undefined) go({ view: "room", room: open.id });
  };
  const toggle = (kind: PanelKind): void => {
    if (thread !== undefined) go({ view: "room", room: open.id });
    setPanel((now) => (now === kind && thread === undefined ? undefined : kind));
  };

  if (handle.notFound) {
    return (
      <main className="page"><div className="page-top" /><div className="still"><h1>{text.room.missing}</h1><span>{text.room.missingMore}</span><a className="btn" {...linkTo({ view: "rooms" })}>{text.room.toAll}</a></div></main>
    );
  }
  const empty = handle.entries.length === 0 && handle.pending.length === 0;
  return (
    <>
      <main className="page">
        <RoomHeader id={open.id} state={state} panel={shown} onPanel={toggle} />
        <Strip />
        {empty && handle.loading.initial ? (
          <Loading />
        ) : empty && handle.loadError ? (
          <div className="still"><b>{text.room.loadFailed}</b><span>{text.room.loadMore}</span><button type="button" className="btn" onClick={onAgain}>{text.room.again}</button></div>
        ) : (
          <Timeline open={open} actions={actions} target={seq} sent={sent} name={name} />
        )}
        {state && state.role === undefined ? (
          <JoinBar id={open.id} />
        ) : (
          <Composer key={open.id} open={open} roomName={name} reply={reply} onReply={setReply} onSent={() => setSent((n) => n + 1)} onEditLast={editLast} />
        )}
        <Announcer open={open} roomName={name} />
      </main>
      {shown && <Panel kind={shown} open={open} state={state} root={thread} actions={actions} onClose={closePanel} />}
    </>
  );
}

/** Still bars, after a moment in which most rooms have come already. */
function Loading() {
  const text = useText();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return <div className="still">{late && <div className="bars" role="img" aria-label={text.app.loading}><i /><i /><i /></div>}</div>;
}
