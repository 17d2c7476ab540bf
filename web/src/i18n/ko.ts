/** Korean texts, in plain 합니다/하세요 style. */
import { josa } from "./josa";
import type { Text } from "./en";

const count = (n: number): string => n.toLocaleString("ko");

export const ko: Text = {
  lang: "ko",
  app: { skip: "메시지 입력란으로 건너뛰기", close: "닫기", cancel: "취소", save: "저장", loading: "불러오는 중", back: "뒤로", broke: "화면에 문제가 생겼습니다.", brokeMore: "쓰던 글과 보내지 못한 메시지는 남아 있습니다.", reload: "다시 불러오기", rooms: "방 목록", you: "나" },
  emoji: { title: "이모지", find: "이모지 찾기", found: "찾은 것", often: "자주 쓰는 것", none: "그런 이모지가 없습니다", groups: ["표정", "사람", "자연", "음식", "여행", "활동", "물건", "기호"] },
  welcome: {
    title: "들어와서 이야기해요.",
    lead: "가입 없이 시작합니다. 이름은 지어 드리고 방은 열려 있습니다. 연결이 끊겨도 보낸 말은 사라지지 않습니다.",
    nameLabel: "지금 쓸 이름", shuffle: "다른 이름", enter: "손님으로 들어가기", entering: "잠시만 기다려 주세요",
    hint: "나중에 계정으로 바꾸면 쓴 글이 모두 그대로 남습니다.",
    before: "이미 계정이 있나요?", login: "로그인", signup: "계정 만들기",
    name: "이름", password: "비밀번호", passwordHint: "8자 이상", show: "보기", hide: "숨기기",
    toSignup: "아직 계정이 없나요?", toLogin: "계정이 있나요?",
    silent: "서버가 응답하지 않습니다. 잠시 뒤에 다시 해 보세요.", refused: "이름이나 비밀번호가 맞지 않습니다.", taken: "이미 쓰고 있는 이름입니다.",
  },
  look: { language: "언어", theme: "테마", system: "시스템", light: "밝게", dark: "어둡게", density: "간격", comfortable: "넉넉하게", compact: "촘촘하게", toDark: "어두운 테마로", toLight: "밝은 테마로" },
  conn: {
    online: "온라인", reconnecting: "다시 연결하는 중", offline: "오프라인",
    waiting: (n) => `오프라인, ${n}개 대기 중`,
    strip: "오프라인입니다.", stripMore: "계속 쓰셔도 됩니다. 연결되면 보냅니다.", again: "지금 연결", lost: "다시 연결하는 중",
    back: (n) => `다시 연결됨, 메시지 ${count(n)}개를 받았습니다`,
    ended: "로그아웃되었습니다.", endedMore: "쓰던 글과 보내지 못한 메시지는 남아 있습니다. 다시 로그인하세요.",
    replaced: "다른 곳에서 너무 많이 열었습니다.", replacedMore: "열린 창이 많아서 이 창의 연결이 끊겼습니다.", resume: "여기서 쓰기",
    banned: "이곳을 더 이상 쓸 수 없습니다.", bannedMore: "관리자가 이 계정의 사용을 끝냈습니다.",
  },
  live: {
    online: "온라인", away: "자리 비움", dnd: "방해 금지", invisible: "오프라인으로 표시", offline: "오프라인",
    count: (n) => `${count(n)}명`, here: (n) => `${count(n)}명 접속 중`, asOf: (what, time) => `${time}에 ${what}`, at: (time) => `${time} 기준`,
    writing: (names, n) => `${n > 2 || names.length < n ? `${count(n)}명이` : names.map((name, i) => `${name} 님${i === n - 1 ? "이" : "과"}`).join(" ")} 쓰고 있습니다`,
    status: "내 상태", words: "상태 메시지", wordsHint: "100자까지, 모두에게 보입니다", clear: "지우기",
    title: "지금 활발한 방", lead: "지난 30분 동안 함께한 사람 수로 순위를 매깁니다.", people: (n) => `지난 30분 동안 ${n}명`, recent: "지난 30분", quiet: "지금은 조용합니다", failed: "지금은 순위를 볼 수 없습니다", moves: (n) => `${count(n)}개 대기 중`, held: (moves) => `가리키는 동안 순서 고정, ${moves}`, rest: "그 밖의 방", room: "방과 마지막 메시지",
    present: "접속 중", absent: "자리에 없음", seen: (when) => `마지막 접속: ${when}`, now: "방금", minutes: (n) => `${n}분 전`, yesterday: "어제",
    readBy: (names) => `읽은 사람: ${names}`,
  },
  side: {
    nav: "방과 사람", rooms: "내 방", people: "사람", create: "새 방", none: "아직 방이 없습니다", all: "모든 방 보기", jump: "방이나 사람으로 이동",
    settings: "설정", failed: "목록이 예전 것일 수 있습니다.", draft: "쓰던 글", muted: "알림 꺼짐", unread: (n) => `안 읽음 ${n}개`, mentions: (n) => `나를 멘션함 ${n}번`, message: "메시지 쓰기", noPeople: "아직 아무도 없습니다",
  },
  rooms: {
    title: "모든 방", lead: "누구나 읽을 수 있습니다. 참여하면 쓸 수 있습니다.",
    find: "방 찾기", create: "방 만들기", join: "참여", open: "열기", members: (n) => `${count(n)}명`,
    none: "아직 공개된 방이 없습니다. 첫 방을 만들어 보세요.", notFound: (q) => `“${q}” 방을 찾지 못했습니다.`, failed: "목록을 불러오지 못했습니다.", retry: "다시 불러오기", more: "더 보기",
    newTitle: "새 방", name: "이름", topic: "주제", topicHint: "한 줄, 비워도 됩니다", public: "공개", private: "비공개",
    publicHint: "누구나 읽고, 멤버가 씁니다.", privateHint: "멤버에게만 보입니다.", make: "방 만들기", needName: "방 이름을 지어 주세요.",
    first: "로비",
  },
  room: {
    loadFailed: "방을 불러오지 못했습니다", loadMore: "이미 받은 메시지는 읽을 수 있습니다.", again: "다시 불러오기",
    missing: "방이 없거나 들어갈 수 없습니다", missingMore: "방이 끝났거나 초대가 필요합니다.", toAll: "모든 방 보기",
    readOnly: "읽기만 하고 있습니다.", join: "참여하기", members: (n) => `${count(n)}명`,
    pins: "고정한 메시지", people: "사람", leave: "방 나가기", details: "방 정보", directHint: "두 사람에게만 보입니다.", mute: "이 방 알림 끄기", muteHint: "이 기기에서 알리지 않고 멘션만 셉니다.", role: "역할", member: "멤버", person: "사람", nobody: (q) => `“${q}” 님을 찾지 못했습니다.`, none: "왼쪽에서 방을 고르거나 찾아보세요.", directWith: (name) => `${name} 님과 나누는 대화`,
    thread: "답글", pinsNone: "고정한 메시지가 없습니다.", panelFailed: "불러오지 못했습니다.", replies: (n) => `답글 ${count(n)}개`,
    owner: "방장", moderator: "관리자", invite: "초대하기", inviteFind: "사람 이름", write: "쓰기", remove: "내보내기", leaveFailed: "하나뿐인 방장이라 아직 나갈 수 없습니다.",
  },
  time: {
    label: "대화", today: "오늘", yesterday: "어제", unread: "새 메시지", latest: "최신으로", newCount: (n) => `새 메시지 ${n}개`, backTo: "보던 곳으로",
    begin: (room) => `여기서 ${room} 방이 시작됩니다`, olderFailed: "지난 메시지를 불러오지 못했습니다", olderOffline: "지난 메시지는 연결되면 보입니다", retry: "다시",
    empty: "아직 메시지가 없습니다", emptyMore: "먼저 말을 걸어 보세요.",
    pending: "보내는 중", waiting: "연결되면 보냅니다", stored: "저장됨", again: (s) => `${s}초 뒤에 다시 보냅니다`,
    failed: "보내지 못함", retrySend: "다시 보내기", editSend: "수정", dropSend: "삭제", old: "7일이 넘은 글입니다", sendNow: "지금 보내기",
    edited: "(수정됨)", editedAt: (t) => `${t}에 수정됨`, deleted: "삭제된 메시지입니다", deletedUndo: "메시지를 삭제했습니다", undo: "되돌리기", pinned: "고정됨", guest: "손님",
    original: "원래 메시지가 삭제되었습니다", lastReply: (t) => `마지막 ${t}`, more: "더 보기", saving: "저장 중",
    joined: (names) => `${names} 님이 들어왔습니다`, left: (names) => `${names} 님이 나갔습니다`, joinedLeft: (a, b) => `${a} 님이 들어오고 ${b} 님이 나갔습니다`,
    andMore: (names, n) => `${names} 외 ${n}명`,
    created: (who) => `${who} 님이 방을 만들었습니다`, renamed: (who, to) => `${who} 님이 방 이름을 ${josa(to, "으로")} 바꿨습니다`, topic: (who, to) => (to ? `${who} 님이 주제를 정했습니다: ${to}` : `${who} 님이 주제를 지웠습니다`), role: (who, to) => `${who} 님의 역할: ${to}`, other: (kind) => kind,
    message: (who, when, state) => `${who}, ${when}${state ? `, ${state}` : ""}`,
    announce: (who, text) => `${who}: ${text}`, announceMany: (n, room) => `${room} 방에 새 메시지 ${count(n)}개`,
  },
  act: { reply: "답장", thread: "답글 달기", react: "반응 남기기", edit: "수정", pin: "고정", unpin: "고정 해제", copy: "글 복사", link: "링크 복사", copyCode: "복사", copied: "복사했습니다", remove: "삭제", reaction: (emoji, n, me) => `${emoji}, ${n}${me ? ", 나도 포함" : ""}`, moreReactions: (n) => `${n}개 더 보기`, unfold: (n) => `${n}줄 모두 보기`, fold: "접기", failed: "처리하지 못했습니다" },
  write: {
    to: (room) => `${room}에 쓰기`, send: "보내기", keys: "Enter로 보내기, Shift Enter로 줄 바꿈", keysBreak: "버튼으로 보내기", replyTo: "답장", stopReply: "답장 취소",
    left: (n) => `${count(n)}바이트 남음`, over: (n) => `${count(n)}바이트 넘침`, editKeys: "Enter로 저장, Esc로 취소", thread: "답글 쓰기", here: "이 방에 있음", notHere: "이 방에 없음",
  },
  settings: {
    title: "설정", profile: "프로필", name: "이름", appearance: "화면", account: "계정", keep: "손님을 계정으로 바꾸기", keepMore: "이름, 방, 쓴 글이 모두 그대로 남습니다.",
    keepDone: "이제 계정이 있습니다.", logout: "로그아웃", logoutAll: "모든 기기에서 로그아웃", saved: "저장했습니다", notify: "멘션 알림", notifyMore: "이 화면이 보이지 않을 때 멘션과 일대일 메시지를 알립니다.", sound: "멘션 소리", soundMore: "방해 금지일 때는 울리지 않습니다.", notifyOff: "브라우저가 허용하지 않습니다. 이 사이트의 브라우저 설정에서 바꿀 수 있습니다.", letters: "글자 하나로 메시지 다루기", on: "켬", off: "끔",
    password: "비밀번호 바꾸기", oldPassword: "지금 비밀번호", newPassword: "새 비밀번호", passwordDone: "다른 기기에서 로그아웃되었습니다.",
  },
  jump: { rooms: "방", people: "사람", acts: "동작", notJoined: (n) => `참여하지 않음, ${n}`, move: "이동", open: "열기", onlyRooms: "방만", onlyPeople: "사람만", make: (name) => `“${name}” 방 만들기`, all: "모든 방에서 찾기", none: (q) => `“${q}” 검색 결과가 없습니다` },
  keymap: {
    title: "단축키",
    letters: "글자 하나는 선택한 메시지에 쓰이며 설정에서 끌 수 있습니다.",
    rows: [["Ctrl K", "방이나 사람으로 이동"], ["Alt ↑ · Alt ↓", "이전 방, 다음 방"], ["Alt Shift ↑ · Alt Shift ↓", "안 읽은 이전 방, 다음 방"], ["F6 · Shift F6", "화면의 다음 부분, 이전 부분"], ["Enter · Shift Enter", "보내기, 줄 바꿈"], ["↑", "내 마지막 메시지 수정 (빈 입력란에서)"], ["Esc", "맨 위의 것 닫기, 대화에서는 읽음으로 하고 끝으로"], ["↑ · ↓ · J · K", "메시지 사이 이동"], ["Home · End · PgUp · PgDn", "처음과 끝, 여러 개씩"], ["R · T · E", "답장, 답글, 수정"], ["+ · P · C · Delete", "반응, 고정, 복사, 삭제"], ["? · Ctrl /", "이 단축키 보기"]],
  },
  error: {
    too_large: "이 방에서 허용하는 크기를 넘었습니다", forbidden: "여기서는 할 수 없습니다", not_found: "방이나 메시지가 없습니다", conflict: "이미 다른 글로 보냈습니다",
    rate_limited: "한꺼번에 너무 많이 보냈습니다", unavailable: "서버가 바쁩니다", bad_request: "서버가 받아들이지 않았습니다", unauthenticated: "로그아웃되었습니다", internal: "서버에 문제가 있습니다", other: "서버가 거절했습니다",
  },
};
