/** Who belongs to the room, who of them is there, and the way to bring somebody in. */
import type { Member, Room } from "@chatmesh/client";
import { useEffect, useMemo, useRef, useState } from "react";
import { useNow } from "../app/clock";
import { client } from "../app/session";
import { say } from "../app/toast";
import { useText } from "../i18n/language";
import { useFigures, usePresence } from "../live/live";
import { learnNames } from "../room/names";
import type { OpenRoom } from "../room/opened";
import { mayManage } from "../room/rights";
import { PersonFinder } from "../rooms/PersonFinder";
import { gather, type Listed } from "./people";
import { PersonRow } from "./PersonRow";

const PAGE = 100;

/** When those went whom this panel saw going. */
function useLeft(room: string): ReadonlyMap<string, number> {
  const presence = usePresence(room);
  const before = useRef(presence);
  const left = useRef(new Map<string, number>());
  if (presence !== before.current) {
    if (presence?.live && before.current?.live) for (const id of before.current.people.keys()) if (!presence.people.has(id)) left.current.set(id, presence.at);
    before.current = presence;
  }
  return left.current;
}

export function PeoplePanel({ open, state }: { open: OpenRoom; state: Room | undefined }) {
  const text = useText();
  const now = useNow();
  const figures = useFigures(open.id);
  const presence = figures?.presence;
  const left = useLeft(open.id);
  const [people, setPeople] = useState<readonly Member[]>();
  const [next, setNext] = useState<string>();
  const [failed, setFailed] = useState(false);
  const [again, setAgain] = useState(0);
  const load = (after: string | undefined, here: () => boolean): void => {
    client.api.members(open.id, { limit: PAGE, ...(after === undefined ? {} : { after }) }).then(
      (page) => {
        learnNames(page.members);
        if (!here()) return;
        setFailed(false);
        setPeople((before) => (after === undefined ? page.members : [...(before ?? []), ...page.members]));
        setNext(page.next);
      },
      () => here() && setFailed(true),
    );
  };
  useEffect(() => {
    let here = true;
    load(undefined, () => here);
    return () => {
      here = false;
    };
  }, [open.id, state?.members, again]);
  const reload = (): void => setAgain((n) => n + 1);
  const { present, absent } = useMemo(() => gather(people ?? [], presence, left), [people, presence, left]);
  const list = (title: string | undefined, listed: readonly Listed[]) =>
    listed.length > 0 && (
      <section aria-label={title}>
        {title && <h3 className="plist-h">{title}</h3>}
        <ul className="plist">{listed.map((person) => <PersonRow key={person.id} person={person} room={state} now={now} known={presence !== undefined} asOf={figures?.asOf} onChanged={reload} />)}</ul>
      </section>
    );
  return (
    <div className="panel-in">
      {mayManage(state) && <PersonFinder label={text.room.invite} icon="plus" onChoose={(user) => void client.api.addMember(open.id, { user }).then(reload, () => say(text.act.failed))} />}
      {failed && <p className="none">{text.room.panelFailed} <button type="button" className="btn sm" onClick={reload}>{text.room.again}</button></p>}
      {!people && !failed && <div className="bars pad" role="img" aria-label={text.app.loading}><i /><i /><i /></div>}
      {list(text.live.present, present)}
      {list(presence && text.live.absent, absent)}
      {next !== undefined && <p className="none"><button type="button" className="btn sm" onClick={() => load(next, () => true)}>{text.rooms.more}</button></p>}
    </div>
  );
}
