//! Paths and queries.

use utoipa::IntoParams;

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct UserPath {
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    user: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct RoomPath {
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    room: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct MemberPath {
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    room: String,
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    user: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Size {
    /// At most 100.
    #[param(minimum = 1, maximum = 9007199254740991_u64, default = 50)]
    limit: Option<u64>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// `next` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    after: Option<String>,
    #[param(minimum = 1, maximum = 9007199254740991_u64)]
    limit: Option<u64>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Search {
    #[param(min_length = 1, pattern = r"\S")]
    q: String,
    #[param(minimum = 1, maximum = 9007199254740991_u64)]
    limit: Option<u64>,
}

/// At most one of `before`, `after` and `around`; the first two are exclusive.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Window {
    #[param(maximum = 9007199254740991_u64)]
    before: Option<u64>,
    #[param(maximum = 9007199254740991_u64)]
    after: Option<u64>,
    #[param(maximum = 9007199254740991_u64)]
    around: Option<u64>,
    /// `seq` of a thread's root, with which the page begins.
    #[param(maximum = 9007199254740991_u64)]
    thread: Option<u64>,
    pinned: Option<bool>,
    #[param(minimum = 1, maximum = 9007199254740991_u64)]
    limit: Option<u64>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Cursor {
    #[param(maximum = 9007199254740991_u64)]
    after: Option<u64>,
    #[param(minimum = 1, maximum = 9007199254740991_u64)]
    limit: Option<u64>,
}
