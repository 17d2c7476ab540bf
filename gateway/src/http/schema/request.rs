//! What callers send.

use utoipa::ToSchema;

use super::{Id, Role, RoomType};

#[derive(ToSchema)]
pub struct Credentials {
    /// Without control characters; case does not count.
    #[schema(min_length = 1, max_length = 32, pattern = "^[A-Za-z0-9][A-Za-z0-9 _.-]*$")]
    name: String,
    #[schema(min_length = 8, max_length = 128, pattern = "^[!-~]+$")]
    password: String,
}

#[derive(ToSchema)]
pub struct GuestBody {
    #[schema(min_length = 1, max_length = 32, pattern = "^[A-Za-z0-9][A-Za-z0-9 _.-]*$")]
    name: Option<String>,
}

#[derive(ToSchema)]
pub struct RefreshBody {
    refresh_token: String,
}

#[derive(ToSchema)]
pub struct LogoutBody {
    all: Option<bool>,
}

#[derive(ToSchema)]
pub struct MeBody {
    #[schema(min_length = 1, max_length = 32)]
    name: Option<String>,
    #[schema(min_length = 8, max_length = 128)]
    password: Option<String>,
    old_password: Option<String>,
}

/// With `name` for a public or private room, with `user` for the direct room of the two.
#[derive(ToSchema)]
pub struct NewRoom {
    r#type: RoomType,
    #[schema(min_length = 1, max_length = 80)]
    name: Option<String>,
    #[schema(max_length = 250)]
    topic: Option<String>,
    #[schema(inline)]
    user: Option<Id>,
}

#[derive(ToSchema)]
pub struct RoomPatch {
    #[schema(min_length = 1, max_length = 80)]
    name: Option<String>,
    #[schema(max_length = 250)]
    topic: Option<String>,
}

#[derive(ToSchema)]
pub struct NewMember {
    user: Id,
    role: Option<Role>,
}

#[derive(ToSchema)]
pub struct NewRole {
    role: Role,
}
