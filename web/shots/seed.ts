/** A lively place for pictures: the conversation of the design's mock (#ubuntu 2018-02-27, Kummerfeld et al., CC BY 4.0; Chatbot_data_for_Korean, Song, MIT), shortened. */
import type { Page } from "@playwright/test";

export interface Seeded { room: string; me: { name: string; password: string }; pending: string }

/** Makes people and rooms over HTTP and bare sockets from a page of the mesh, who are there as long as it is open; gives the room and who looks at it. */
export async function seed(page: Page, stamp: string): Promise<Seeded> {
  await page.goto("/theme.js");
  return page.evaluate(async (stamp) => {
    type Person = { name: string; token: string; id: string; socket: WebSocket; ask: (frame: object) => Promise<{ seq: number }> };
    const call = async <T>(method: string, path: string, body: object | undefined, token?: string): Promise<T> => {
      const answer = await fetch(`/v1/${path}`, { method, headers: { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) }, ...(body ? { body: JSON.stringify(body) } : {}) });
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
      return (answer.status === 204 ? undefined : await answer.json()) as T;
    };
    const id = (): string => {
      const time = Date.now().toString(16).padStart(12, "0");
      const rest = [...crypto.getRandomValues(new Uint8Array(9))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-8${rest.slice(3, 6)}-${rest.slice(6, 18)}`;
    };
    const enter = async (name: string, password?: string): Promise<Person> => {
      const session = await call<{ user: { id: string }; access_token: string }>("POST", password ? "auth/signup" : "auth/guest", password ? { name, password } : { name });
      const socket = new WebSocket(`${location.origin.replace("http", "ws")}/v1/connect`, ["chatmesh.v1.json"]);
      const waiting = new Map<number, [(frame: { seq: number }) => void, string]>();
      let ref = 0;
      await new Promise<void>((done) => {
        socket.onopen = () => socket.send(JSON.stringify({ t: "hello", token: session.access_token, client: { name: "seed", version: "1" }, attach: "recent" }));
        socket.onmessage = (message) => {
          for (const frame of [JSON.parse(message.data as string)].flat()) {
            if (frame.t === "welcome") done();
            const [answer, sent] = waiting.get(frame.ref) ?? [];
            // A busy mesh asks to come again, with the same id.
            if (frame.t === "error" && sent) setTimeout(() => socket.send(sent), frame.retry_after_ms ?? 500);
            else answer?.(frame);
          }
        };
      });
      return {
        name, token: session.access_token, id: session.user.id, socket,
        ask: (frame) => new Promise((answer) => {
          const sent = JSON.stringify({ ...frame, ref: ++ref, id: id() });
          waiting.set(ref, [answer, sent]);
          socket.send(sent);
        }),
      };
    };
    const names = ["TJ-", "leftyfb", "ioc_", "f0f0f0", "김서윤", "박도현", "한지우", "Bashing-om", "kostkon"];
    const people = new Map<string, Person>();
    for (const name of names) people.set(name, await enter(name));
    const who = (name: string): Person => people.get(name)!;
    const me = { name: "이민준", password: "correct horse" };
    // On a mesh that has had its picture taken before the name is somebody's.
    const mine = await enter(me.name, me.password).catch(() => enter((me.name = `이민준${stamp}`.slice(0, 32)), me.password));
    const make = async (owner: Person, name: string, topic?: string): Promise<string> => (await call<{ room: string }>("POST", "rooms", { name, type: "public", ...(topic ? { topic } : {}) }, owner.token)).room;
    const join = (person: Person, room: string): Promise<unknown> => call("POST", `rooms/${room}/join`, {}, person.token);
    const say = (person: Person, room: string, text: string, more: object = {}): Promise<{ seq: number }> => person.ask({ t: "send", room, body: { text, ...more } });
    const react = (person: Person, room: string, target: number, emoji: string): Promise<unknown> => person.ask({ t: "react", room, target, emoji });

    const room = await make(who("TJ-"), "ubuntu", "Support for every Ubuntu release. Paste logs, not photos of them.");
    for (const name of names.slice(1)) await join(who(name), room);
    await join(mine, room);
    await say(who("kostkon"), room, "which release is that?");
    const freeze = await say(who("f0f0f0"), room, "im getting random freezing on my machine");
    await say(who("f0f0f0"), room, "it gets to the point have to cold boot. done a memory check and memory is fine");
    const advice = await say(who("ioc_"), room, "`journalctl --list-boots` then search the line for the corresponding session, then `journalctl --boot` with the value in 2nd column", { reply_to: freeze.seq + 1 });
    for (const name of ["TJ-", "leftyfb", "f0f0f0"]) await react(who(name), room, advice.seq, "👍");
    await react(mine, room, advice.seq, "👍");
    for (const name of ["f0f0f0", "kostkon"]) await react(who(name), room, advice.seq, "🙏");
    await say(who("김서윤"), room, "날씨 왜 이렇게 춥냐");
    await say(who("김서윤"), room, "노트북 부팅도 안 돼. 어제 업데이트하고 나서부터 로고에서 멈춰 있어");
    await say(who("박도현"), room, `따뜻하게 입으세요 ㅎㅎ <@${mine.id}> 님이 지난주에 같은 문제 겪지 않았나요?`);
    await mine.ask({ t: "read", room, seq: (await say(who("kostkon"), room, "same here after the last kernel")).seq });
    await say(who("leftyfb"), room, "TJ- blew my mind the other day with `dmesg -w`");
    const root = await say(who("TJ-"), room, `<@${who("leftyfb").id}> if you like \`-w\` how about \`dmesg -Hl err,warn\``);
    for (const name of ["leftyfb", "Bashing-om", "한지우"]) await react(who(name), room, root.seq, "🤯");
    await react(mine, room, root.seq, "👀");
    await say(who("leftyfb"), room, "oh, that's not that complicated", { thread: root.seq });
    await say(who("leftyfb"), room, "I noticed `-w` was also doing `-H` I think by default", { thread: root.seq });
    const limits = await say(who("TJ-"), room, "yes ... being able to limit to the log level is very useful though, as is limiting to facility or kernel only", { thread: root.seq });
    for (const person of [who("leftyfb"), mine]) await react(person, room, limits.seq, "👍");
    await say(who("Bashing-om"), room, "Now ain't that just wonderful.", { thread: root.seq });
    const page = await say(who("leftyfb"), room, "man ... now I gotta go read the page");
    await who("leftyfb").ask({ t: "edit", room, target: page.seq, body: { text: "man ... now I gotta go read the man page" } });
    await say(who("한지우"), room, "dmesg에서 오류만 골라 보는 법은 이렇게 해요\n```sh\n# 오류와 경고만, 읽기 쉬운 시각으로\nsudo dmesg -H -l err,warn\n\n# 새로 들어오는 것도 계속 보기\nsudo dmesg -w -l err\n```");
    await say(mine, room, "업데이트 직후라면 이전 커널로 먼저 부팅해 보세요. 저는 그걸로 됐어요");

    const other = async (name: string, owner: string, topic: string, lines: [string, string][], joined: boolean): Promise<void> => {
      const made = await make(who(owner), name, topic);
      if (joined) await join(mine, made);
      for (const [person, text] of lines) {
        if (person !== owner) await join(who(person), made);
        await say(who(person), made, text);
      }
    };
    await other("우분투-한국", "박도현", "한국어 사용자 모임", [["박도현", "노트북 백업은 주기적으로 하는 게 좋죠"], ["김서윤", "외장 디스크 하나 사야겠어요"]], true);
    await other("kernel", "TJ-", "builds, modules, regressions", [["TJ-", `<@${mine.id}> 0300 is the PCI class for a VGA compatible controller`]], true);
    await other("desktop", "kostkon", "GNOME, KDE, LXQt", [], true);
    await other("잡담", "김서윤", "그 밖의 이야기", [], true);
    await other("release-notes", "Bashing-om", "what changes and when", [], true);
    await other("lubuntu", "ioc_", "가벼운 배포판", [["f0f0f0", "video is running super slow... how do I make the radeon driver work"]], false);
    await other("영화", "한지우", "영화와 드라마", [["한지우", "설날인데 볼 게 없어. 보고 싶었던 영화 봐야지"]], false);
    await other("server", "leftyfb", "headless machines", [["ioc_", "is it possible to install lvm with btrfs from a live usb"]], false);
    for (const [name, text] of [["TJ-", "did the older kernel boot?"], ["한지우", ""], ["leftyfb", ""]] as const) {
      const talk = (await call<{ room: string }>("POST", "rooms", { type: "direct", user: mine.id }, who(name).token)).room;
      if (text) await say(who(name), talk, text);
    }
    mine.socket.close();
    // They stay while pictures are taken, one in a meeting, one gone for a coffee, one writing.
    const tell = (name: string, frame: object): void => who(name).socket.send(JSON.stringify(frame));
    tell("박도현", { t: "status", state: "dnd", text: "회의 중" });
    tell("ioc_", { t: "status", state: "away", text: "" });
    who("kostkon").socket.close();
    setInterval(() => tell("TJ-", { t: "typing", room, on: true }), 3_000);
    setInterval(() => {
      for (const name of names) if (who(name).socket.readyState === WebSocket.OPEN) tell(name, { t: "ping" });
    }, 20_000);
    return { room, me, pending: "`-Hl err,warn` was new to me too, thanks TJ-" };
  }, stamp);
}
