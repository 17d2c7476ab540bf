/** English texts. Its shape is the shape of every language: a missing or mistyped text does not compile. */
const plural = (n: number, one: string, many: string): string => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

export const en = {
  lang: "en",
  app: { skip: "Skip to the message field", close: "Close", cancel: "Cancel", save: "Save", loading: "Loading", back: "Back", broke: "This page broke.", brokeMore: "Drafts and unsent messages are kept.", reload: "Load again", rooms: "Rooms", you: "you" },
  emoji: { title: "Emoji", find: "Find an emoji", found: "Found", often: "Often used", none: "No emoji of this name", groups: ["Smileys", "People", "Nature", "Food", "Travel", "Activities", "Objects", "Symbols"] as readonly string[] },
  welcome: {
    title: "Come in and talk.",
    lead: "No sign-up. You get a name, the rooms are open, and what you send stays sent, even if your connection does not.",
    nameLabel: "Your name for now", shuffle: "Another name", enter: "Continue as guest", entering: "One moment",
    hint: "Keep everything later by turning this guest into an account.",
    before: "Been here before?", login: "Log in", signup: "Create account",
    name: "Name", password: "Password", passwordHint: "At least 8 characters", show: "Show", hide: "Hide",
    toSignup: "No account yet?", toLogin: "Have an account?",
    silent: "The server does not answer. Try again in a moment.", refused: "Wrong name or password.", taken: "This name is taken.",
  },
  look: { language: "Language", theme: "Theme", system: "System", light: "Light", dark: "Dark", density: "Density", comfortable: "Comfortable", compact: "Compact", toDark: "Use the dark theme", toLight: "Use the light theme" },
  conn: {
    online: "Online", reconnecting: "Reconnecting", offline: "Offline",
    waiting: (n: number) => `Offline, ${n} waiting`,
    strip: "You are offline.", stripMore: "Write on, it is sent when the connection is back.", again: "Try now", lost: "Reconnecting",
    back: (n: number) => `Back, ${plural(n, "message", "messages")} caught up`,
    ended: "You are logged out.", endedMore: "Your drafts and unsent messages are kept. Log in again to go on.",
    replaced: "Opened elsewhere too often.", replacedMore: "This page was disconnected because too many are open.", resume: "Use it here",
    banned: "You cannot use this place any more.", bannedMore: "An administrator has ended this account's access.",
  },
  live: {
    online: "Online", away: "Away", dnd: "Do not disturb", invisible: "Invisible", offline: "Offline",
    count: (n: number) => n.toLocaleString("en"), here: (n: number) => `${n.toLocaleString("en")} online`, asOf: (what: string, time: string) => `${what} at ${time}`, at: (time: string) => `at ${time}`,
    writing: (names: readonly string[], n: number) => (n > 2 || names.length < n ? `${plural(n, "person is", "people are")} writing` : `${names.join(" and ")} ${n === 1 ? "is" : "are"} writing`),
    status: "Your status", words: "Status text", wordsHint: "Up to 100 characters, everyone sees it", clear: "Clear",
    title: "Lively now", lead: "Ranked by the people of the last 30 minutes.", people: (n: string) => `${n} in the last 30 minutes`, recent: "Last 30 minutes", quiet: "Quiet at the moment", failed: "Ranking is not available", moves: (n: number) => `${plural(n, "move waits", "moves wait")}`, held: (moves: string) => `Held while you are here, ${moves}`, rest: "All other rooms", room: "Room and last message",
    present: "Here", absent: "Not here", seen: (when: string) => `last here ${when}`, now: "just now", minutes: (n: number) => `${n} min ago`, yesterday: "yesterday",
    readBy: (names: string) => `Read by ${names}`,
  },
  side: {
    nav: "Rooms and people", rooms: "Rooms", people: "People", create: "New room", none: "No rooms yet", all: "All rooms", jump: "Jump to a room or person",
    settings: "Settings", failed: "The list may be old.", draft: "draft", muted: "muted", unread: (n: string) => `${n} unread`, mentions: (n: string) => `${n} mentions of you`, message: "Write to someone", noPeople: "Nobody yet",
  },
  rooms: {
    title: "All rooms", lead: "Open to everyone here. Read first, join to write.",
    find: "Find a room", create: "New room", join: "Join", open: "Open", members: (n: number) => plural(n, "member", "members"),
    none: "No public room yet. Make the first one.", notFound: (q: string) => `No room named “${q}”.`, failed: "The list did not load.", retry: "Load again", more: "Show more",
    newTitle: "New room", name: "Name", topic: "Topic", topicHint: "Optional, one line", public: "Public", private: "Private",
    publicHint: "Everyone reads, members write.", privateHint: "Only members see it.", make: "Create room", needName: "Give the room a name.",
    first: "lobby",
  },
  room: {
    loadFailed: "This room did not load", loadMore: "What you already have stays readable.", again: "Load again",
    missing: "No such room, or not for you", missingMore: "It may have ended, or you need an invitation.", toAll: "See all rooms",
    readOnly: "You are reading along.", join: "Join room", members: (n: number) => plural(n, "member", "members"),
    pins: "Pinned messages", people: "People", leave: "Leave room", details: "About this room", directHint: "Only the two of you see it.", mute: "Mute this room", muteHint: "No notifications on this device; only mentions are counted.", role: "Role", member: "member", person: "Person", nobody: (q: string) => `Nobody named “${q}”.`, none: "Choose a room on the left, or find one.", directWith: (name: string) => `Direct messages with ${name}`,
    thread: "Thread", pinsNone: "Nothing is pinned here.", panelFailed: "This did not load.", replies: (n: number) => plural(n, "reply", "replies"),
    owner: "owner", moderator: "moderator", invite: "Add someone", inviteFind: "Name of a person", write: "Write", remove: "Remove", leaveFailed: "You are the only owner, so you cannot leave yet.",
  },
  time: {
    label: "Timeline", today: "Today", yesterday: "Yesterday", unread: "New", latest: "Latest", newCount: (n: number) => `${n} new`, backTo: "Back to where you were",
    begin: (room: string) => `This is where ${room} begins`, olderFailed: "Older messages did not load", olderOffline: "Older messages come back with the connection", retry: "Try again",
    empty: "Nothing here yet", emptyMore: "Be the first to say something.",
    pending: "Sending", waiting: "Waiting for connection", stored: "Stored", again: (s: number) => `Trying again in ${s} s`,
    failed: "Not sent", retrySend: "Retry", editSend: "Edit", dropSend: "Delete", old: "Written over 7 days ago", sendNow: "Send now",
    edited: "(edited)", editedAt: (t: string) => `Edited ${t}`, deleted: "Message deleted", deletedUndo: "Message deleted", undo: "Undo", pinned: "Pinned", guest: "Guest",
    original: "Original message was deleted", lastReply: (t: string) => `last ${t}`, more: "More", saving: "saving",
    joined: (names: string) => `${names} joined`, left: (names: string) => `${names} left`, joinedLeft: (a: string, b: string) => `${a} joined, ${b} left`,
    andMore: (names: string, n: number) => `${names} and ${n} more`,
    created: (who: string) => `${who} made this room`, renamed: (who: string, to: string) => `${who} renamed the room to “${to}”`, topic: (who: string, to: string) => (to ? `${who} set the topic: ${to}` : `${who} cleared the topic`), role: (who: string, to: string) => `${who} is now ${to}`, other: (kind: string) => kind,
    message: (who: string, when: string, state: string) => `${who}, ${when}${state ? `, ${state}` : ""}`,
    announce: (who: string, text: string) => `${who}: ${text}`, announceMany: (n: number, room: string) => `${plural(n, "new message", "new messages")} in ${room}`,
  },
  act: { reply: "Reply", thread: "Reply in thread", react: "Add a reaction", edit: "Edit", pin: "Pin", unpin: "Unpin", copy: "Copy text", link: "Copy link", copyCode: "Copy", copied: "Copied", remove: "Delete", reaction: (emoji: string, n: number, me: boolean) => `${emoji}, ${n}${me ? ", including you" : ""}`, moreReactions: (n: number) => `Show ${n} more`, unfold: (n: number) => `Show all ${n} lines`, fold: "Show less", failed: "That did not work" },
  write: {
    to: (room: string) => `Message ${room}`, send: "Send", keys: "Enter sends, Shift Enter breaks the line", keysBreak: "The button sends", replyTo: "Reply to", stopReply: "Do not reply",
    left: (n: number) => `${n.toLocaleString("en")} bytes left`, over: (n: number) => `${n.toLocaleString("en")} bytes too long`, editKeys: "Enter saves, Esc cancels", thread: "Reply in the thread", here: "in this room", notHere: "not in this room",
  },
  settings: {
    title: "Settings", profile: "Profile", name: "Name", appearance: "Appearance", account: "Account", keep: "Keep this guest as an account", keepMore: "You keep your name, your rooms and everything you wrote.",
    keepDone: "You have an account now.", logout: "Log out", logoutAll: "Log out everywhere", saved: "Saved", notify: "Notify me of mentions", notifyMore: "And of messages in one-to-one rooms, while this page is out of sight.", sound: "Sound for mentions", soundMore: "Never while you do not want to be disturbed.", notifyOff: "Your browser does not allow it. Change that in its settings for this site.", letters: "Single letters act on messages", on: "On", off: "Off",
    password: "Change password", oldPassword: "Password now", newPassword: "New password", passwordDone: "Other devices are logged out.",
  },
  jump: { rooms: "Rooms", people: "People", acts: "Actions", notJoined: (n: string) => `not joined, ${n}`, move: "move", open: "open", onlyRooms: "rooms only", onlyPeople: "people only", make: (name: string) => `Make a room named “${name}”`, all: "Look through all rooms", none: (q: string) => `Nothing found for “${q}”` },
  keymap: {
    title: "Keys",
    letters: "Single letters act on the focused message and can be switched off in the settings.",
    rows: [["Ctrl K", "Jump to a room or person"], ["Alt ↑ · Alt ↓", "Previous, next room"], ["Alt Shift ↑ · Alt Shift ↓", "Previous, next unread room"], ["F6 · Shift F6", "Next, previous part of the page"], ["Enter · Shift Enter", "Send, new line"], ["↑", "Edit your last message (in an empty field)"], ["Esc", "Close what is on top; in the timeline: mark read, go to the end"], ["↑ · ↓ · J · K", "Move through messages"], ["Home · End · PgUp · PgDn", "To the ends, by pages"], ["R · T · E", "Reply, thread, edit"], ["+ · P · C · Delete", "React, pin, copy, delete"], ["? · Ctrl /", "This map"]] as readonly (readonly [string, string])[],
  },
  error: {
    too_large: "it is larger than allowed here", forbidden: "you may not do that here", not_found: "the room or message is gone", conflict: "it was already sent with another text",
    rate_limited: "too many messages at once", unavailable: "the server is busy", bad_request: "the server did not accept it", unauthenticated: "you are logged out", internal: "the server had a fault", other: "the server refused it",
  },
};

export type Text = typeof en;
