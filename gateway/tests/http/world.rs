//! The servers of all tests that do not harm them.

use testkit::World;
use tokio::sync::OnceCell;

pub async fn shared() -> &'static World {
    static SHARED: OnceCell<World> = OnceCell::const_new();
    SHARED.get_or_init(async || World::start(&[], &[("CHATMESH__HTTP__ALLOWED_ORIGINS", "https://chat.example.org")]).await).await
}
