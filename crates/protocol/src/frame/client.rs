//! What clients say, parsed field by field so that every fault has its code and names its field.

use super::fields::Fields;
use crate::code::{Code, Refusal};
use crate::decode::Value;
use crate::event::{Body, Kind, Target};
use crate::id::{EventId, RoomId};
use crate::limits::{BATCH, EMOJI_BYTES, RESUME, STATUS_CHARS};
use crate::presence::{State, Status};

/// The client's name for itself; each field at most 64 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientInfo {
    pub name: String,
    pub version: String,
    pub device: Option<String>,
}

/// The first frame of a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    pub token: String,
    pub client: ClientInfo,
    /// Cursors: the last `seq` seen in each room.
    pub resume: Vec<(RoomId, u64)>,
    /// `attach: "recent"`, the default; else exactly the rooms in `resume`.
    pub recent: bool,
}

/// `send`, `edit`, `delete`, `react` or `pin`: what becomes an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub reference: u64,
    pub room: RoomId,
    pub id: EventId,
    pub kind: Kind,
    pub target: Option<Target>,
    pub emoji: Option<String>,
    pub remove: bool,
    /// The client's own part.
    pub body: Option<Body>,
    /// `ack: "archived"`.
    pub archived: bool,
}

/// Which page of history; at most one of the first three.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Paging {
    pub before: Option<u64>,
    pub after: Option<u64>,
    pub around: Option<u64>,
    pub thread: Option<u64>,
    pub pinned: bool,
    pub limit: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientFrame {
    Hello(Box<Hello>),
    Change(Box<Change>),
    Attach { reference: u64, room: RoomId, after: Option<u64> },
    Detach { reference: u64, room: RoomId },
    History { reference: u64, room: RoomId, paging: Paging },
    Events { reference: u64, room: RoomId, after: u64, limit: Option<u64> },
    Typing { room: RoomId, on: bool },
    Read { reference: Option<u64>, room: RoomId, seq: u64 },
    Status(Status),
    Rooms { reference: u64, after: Option<RoomId>, limit: Option<u64> },
    Lobby { reference: u64, on: bool, limit: Option<u64> },
    Refresh { reference: u64, token: String },
    Ping,
}

/// A refusal together with what the client needs to match it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub reference: Option<u64>,
    pub room: Option<RoomId>,
    pub refusal: Refusal,
}

/// Limits of the wire that an operator may set.
#[derive(Clone, Copy, Debug)]
pub struct WireLimits {
    pub text_bytes: usize,
}

/// The frames of one WebSocket frame, each parsed alone; an array that is too long is refused as a whole.
pub fn frames(value: &Value<'_>, limits: WireLimits) -> Vec<Result<ClientFrame, Refused>> {
    match value {
        Value::Array(values) if values.len() > BATCH => {
            let refusal = Refusal::bad_request(format!("a frame holds at most {BATCH} elements"));
            vec![Err(Refused { reference: None, room: None, refusal })]
        }
        Value::Array(values) => values.iter().map(|value| ClientFrame::parse(value, limits)).collect(),
        value => vec![ClientFrame::parse(value, limits)],
    }
}

impl ClientFrame {
    /// Parses one object.
    pub fn parse(value: &Value<'_>, limits: WireLimits) -> Result<Self, Refused> {
        let fields = Fields(value);
        parse(&fields, limits).map_err(|refusal| Refused {
            reference: fields.integer("ref").unwrap_or_default(),
            room: fields.room("room").unwrap_or_default(),
            refusal,
        })
    }
}

fn parse(fields: &Fields<'_, '_>, limits: WireLimits) -> Result<ClientFrame, Refusal> {
    if !matches!(fields.0, Value::Object(_)) {
        return Err(Refusal::bad_request("a frame must be an object"));
    }
    let reference = || fields.need_integer("ref");
    Ok(match fields.need_text("t")? {
        "hello" => ClientFrame::Hello(Box::new(hello(fields)?)),
        "send" => change(fields, Kind::Message, limits)?,
        "edit" => change(fields, Kind::Edited, limits)?,
        "delete" => change(fields, Kind::Deleted, limits)?,
        "react" => change(fields, Kind::Reacted, limits)?,
        "pin" => change(fields, Kind::Pinned, limits)?,
        "attach" => ClientFrame::Attach { reference: reference()?, room: fields.need_room()?, after: fields.integer("after")? },
        "detach" => ClientFrame::Detach { reference: reference()?, room: fields.need_room()? },
        "history" => ClientFrame::History { reference: reference()?, room: fields.need_room()?, paging: paging(fields)? },
        "events" => ClientFrame::Events {
            reference: reference()?,
            room: fields.need_room()?,
            after: fields.need_integer("after")?,
            limit: fields.limit()?,
        },
        "typing" => {
            let on = fields.boolean("on")?.ok_or_else(|| Refusal::bad_request("`on` is missing"))?;
            ClientFrame::Typing { room: fields.need_room()?, on }
        }
        "read" => {
            ClientFrame::Read { reference: fields.integer("ref")?, room: fields.need_room()?, seq: fields.need_integer("seq")? }
        }
        "status" => ClientFrame::Status(status(fields)?),
        "rooms" => ClientFrame::Rooms { reference: reference()?, after: fields.room("after")?, limit: fields.limit()? },
        "lobby" => {
            let on = fields.boolean("on")?.ok_or_else(|| Refusal::bad_request("`on` is missing"))?;
            ClientFrame::Lobby { reference: reference()?, on, limit: fields.limit()? }
        }
        "refresh" => ClientFrame::Refresh { reference: reference()?, token: fields.need_text("token")?.to_owned() },
        "ping" => ClientFrame::Ping,
        _ => return Err(Refusal::bad_request("unknown `t`")),
    })
}

fn hello(fields: &Fields<'_, '_>) -> Result<Hello, Refusal> {
    let token = fields.need_text("token")?.to_owned();
    let client = fields.need_object("client")?;
    let missing = |name: &str| Refusal::bad_request(format!("`client.{name}` is missing"));
    let client = ClientInfo {
        name: client.short_text("name", 64)?.ok_or_else(|| missing("name"))?,
        version: client.short_text("version", 64)?.ok_or_else(|| missing("version"))?,
        device: client.short_text("device", 64)?,
    };
    let mut resume = Vec::new();
    if let Some(Fields(Value::Object(cursors))) = fields.object("resume")? {
        if cursors.len() > RESUME {
            return Err(Refusal::bad_request(format!("`resume` takes at most {RESUME} rooms")));
        }
        for (room, _) in cursors {
            let id = RoomId::parse(room).map_err(|_| Refusal::bad_request("`resume` names an ill-formed room"))?;
            let cursor = Fields(fields.0.field("resume").unwrap_or(&Value::Null)).integer(room)?;
            resume.extend(cursor.map(|cursor| (id, cursor)));
        }
    }
    let recent = match fields.text("attach")? {
        None | Some("recent") => true,
        Some("none") => false,
        Some(_) => return Err(Refusal::bad_request("`attach` must be \"recent\" or \"none\"")),
    };
    if fields.0.field("features").is_some_and(|features| !matches!(features, Value::Array(_))) {
        return Err(Refusal::bad_request("`features` must be an array"));
    }
    Ok(Hello { token, client, resume, recent })
}

fn change(fields: &Fields<'_, '_>, kind: Kind, limits: WireLimits) -> Result<ClientFrame, Refusal> {
    let mut change = Change {
        reference: fields.need_integer("ref")?,
        room: fields.need_room()?,
        id: fields.need_id()?,
        kind,
        target: None,
        emoji: None,
        remove: false,
        body: None,
        archived: match fields.text("ack")? {
            None | Some("stored") => false,
            Some("archived") => true,
            Some(_) => return Err(Refusal::bad_request("`ack` must be \"stored\" or \"archived\"")),
        },
    };
    if kind != Kind::Message {
        change.target = Some(Target::Seq(fields.need_integer("target")?));
    }
    if matches!(kind, Kind::Message | Kind::Edited) {
        let body = fields.need_object("body")?;
        body.refuse_attachments()?;
        let mut own = Body { reply_to: body.integer("reply_to")?, thread: body.integer("thread")?, ..Body::default() };
        own.text = Some(body.message_text(limits.text_bytes)?);
        if kind == Kind::Edited {
            // An edit replaces the text; where the message stands is not its to say.
            (own.reply_to, own.thread) = (None, None);
        }
        change.body = Some(own);
    }
    if matches!(kind, Kind::Reacted | Kind::Pinned) {
        change.remove = fields.boolean("remove")?.unwrap_or(false);
    }
    if kind == Kind::Reacted {
        let emoji = fields.need_text("emoji")?;
        if emoji.is_empty() || emoji.len() > EMOJI_BYTES || emoji.chars().any(char::is_control) {
            return Err(Refusal::bad_request(format!("`emoji` must have 1–{EMOJI_BYTES} bytes")));
        }
        change.emoji = Some(emoji.to_owned());
    }
    Ok(ClientFrame::Change(Box::new(change)))
}

fn paging(fields: &Fields<'_, '_>) -> Result<Paging, Refusal> {
    let paging = Paging {
        before: fields.integer("before")?,
        after: fields.integer("after")?,
        around: fields.integer("around")?,
        thread: fields.integer("thread")?,
        pinned: fields.boolean("pinned")?.unwrap_or(false),
        limit: fields.limit()?,
    };
    paging.check()
}

impl Paging {
    /// Refuses more than one of `before`, `after`, `around`.
    pub fn check(self) -> Result<Self, Refusal> {
        let named = [self.before, self.after, self.around].iter().flatten().count();
        if named > 1 {
            return Err(Refusal::new(Code::BadRequest, "at most one of `before`, `after`, `around`"));
        }
        Ok(self)
    }
}

fn status(fields: &Fields<'_, '_>) -> Result<Status, Refusal> {
    let state = State::parse(fields.need_text("state")?);
    let state = state.ok_or_else(|| Refusal::bad_request("`state` must be online, away, dnd or invisible"))?;
    // An empty text takes the old one away.
    let text = if fields.text("text")? == Some("") { None } else { fields.short_text("text", STATUS_CHARS)? };
    Ok(Status { state, text })
}
