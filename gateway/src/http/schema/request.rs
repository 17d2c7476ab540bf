//! What callers send.

use utoipa::ToSchema;

use super::{Id, Role, RoomType};

#[derive(ToSchema)]
pub struct Credentials {
    /// Without control characters; case does not count.
    #[schema(min_length = 1, max_length = 32, pattern = r"^[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]*$")]
    name: String,
    #[schema(min_length = 8, max_length = 128, pattern = r"^[^\u0000]*$")]
    password: String,
}

#[derive(ToSchema)]
pub struct GuestBody {
    #[schema(min_length = 1, max_length = 32, pattern = r"^[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]*$")]
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
    #[schema(min_length = 1, max_length = 32, pattern = r"^[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]*$")]
    name: Option<String>,
    #[schema(min_length = 8, max_length = 128, pattern = r"^[^\u0000]*$")]
    password: Option<String>,
    old_password: Option<String>,
}

/// With `name` for a public or private room, with `user` for the direct room of the two.
#[derive(ToSchema)]
pub struct NewRoom {
    r#type: RoomType,
    #[schema(min_length = 1, max_length = 80, pattern = r"^[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]*$")]
    name: Option<String>,
    #[schema(max_length = 250, pattern = r"^[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]*$")]
    topic: Option<String>,
    #[schema(inline)]
    user: Option<Id>,
}

#[derive(ToSchema)]
pub struct RoomPatch {
    #[schema(min_length = 1, max_length = 80, pattern = r"^[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]*$")]
    name: Option<String>,
    #[schema(max_length = 250, pattern = r"^[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]*$")]
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
