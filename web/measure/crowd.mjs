/** Writers in a page of their own: bare JSON sockets, so that what is measured is the reader. Runs inside the browser. */
export async function write({ room, people, each, perSecond }) {
  const post = async (path, body, token) => {
    const answer = await fetch(`/v1/${path}`, { method: "POST", headers: { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json();
  };
  const id = () => {
    const time = Date.now().toString(16).padStart(12, "0");
    const rest = [...crypto.getRandomValues(new Uint8Array(9))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-8${rest.slice(3, 6)}-${rest.slice(6, 18)}`;
  };
  const words = "the kernel log says that the disk is fine 어제 업데이트하고 나서부터 부팅이 안 돼요 try an older one and tell us what you see".split(" ");
  const text = (i) => Array.from({ length: 3 + (i * 7) % 28 }, (_, at) => words[(i + at * 5) % words.length]).join(" ");
  const rooms = [room].flat();
  const one = async (person) => {
    const mine = rooms[person % rooms.length];
    const { access_token: token } = await post("auth/guest", { name: `writer-${person}` });
    await post(`rooms/${mine}/join`, {}, token);
    const socket = new WebSocket(`${location.origin.replace("http", "ws")}/v1/connect`, ["chatmesh.v1.json"]);
    let sent = 0;
    let stored = 0;
    await new Promise((done, failed) => {
      const send = () => {
        sent++;
        socket.send(JSON.stringify({ t: "send", ref: sent, room: mine, id: id(), body: { text: `${sent} ${text(sent + person * 13)}` } }));
      };
      let clock;
      socket.onopen = () => socket.send(JSON.stringify({ t: "hello", token, client: { name: "crowd", version: "1" }, attach: "none" }));
      socket.onclose = () => failed(new Error("a writer was cut"));
      socket.onmessage = (message) => {
        for (const frame of [JSON.parse(message.data)].flat()) {
          if (frame.t === "error") failed(new Error(frame.message));
          if (frame.t === "welcome" && perSecond) clock = setInterval(() => sent < each && send(), 1_000 / perSecond);
          else if (frame.t === "welcome") for (let i = 0; i < 32 && sent < each; i++) send();
          if (frame.t !== "ok") continue;
          stored++;
          if (!perSecond && sent < each) send();
          if (stored === each) {
            clearInterval(clock);
            done();
          }
        }
      };
    });
    socket.onclose = null;
    socket.close();
  };
  await Promise.all(Array.from({ length: people }, (_, person) => one(person)));
}
