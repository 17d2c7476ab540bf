//! Why the server closes a socket: 4000–4399 say "reconnect", 4400–4999 "do not, before something changes".

/// A close code with its fixed name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Close {
    Normal,
    Restart,
    Internal,
    Slow,
    Silent,
    Overloaded,
    NoHello,
    BadFrame,
    Unauthenticated,
    Banned,
    Replaced,
}

impl Close {
    /// The number in the close frame.
    pub const fn code(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::Restart => 1012,
            Self::Internal => 4000,
            Self::Slow => 4001,
            Self::Silent => 4002,
            Self::Overloaded => 4003,
            Self::NoHello => 4008,
            Self::BadFrame => 4400,
            Self::Unauthenticated => 4401,
            Self::Banned => 4403,
            Self::Replaced => 4409,
        }
    }

    /// The reason in the close frame; also the metric label.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Restart => "restart",
            Self::Internal => "internal",
            Self::Slow => "slow",
            Self::Silent => "silent for too long",
            Self::Overloaded => "overloaded",
            Self::NoHello => "no hello in 10 s",
            Self::BadFrame => "bad frame",
            Self::Unauthenticated => "unauthenticated",
            Self::Banned => "banned",
            Self::Replaced => "replaced",
        }
    }
}
