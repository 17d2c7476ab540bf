//! The micro-service `directory`: each request to its handler, on bounded concurrency.

use std::time::Duration;

use fabric::{Fabric, FabricError, Service};
use protocol::code::Refusal;
use protocol::rpc::account::{FindUsers, GetStats, GetUser, Guest, Keys, KnownUsers, Login, Logout, Refresh, Signup, UpdateMe};
use protocol::rpc::directory::{
    AddMember, CreateRoom, GetActive, GetFacts, GetMemberships, GetRoom, GetStanding, JoinRoom, LeaveRoom, ListMembers,
    ListOwnRooms, ListPublicRooms, MarkRead, NoteActive, NoteSeen, PatchRoom, RemoveMember, SetRole, SetStatus,
};

use tokio::time::timeout;

use crate::accounts::Accounts;
use crate::directory::Directory;

/// Requests of one kind that are served at once; the pool of connections bounds them together.
const CONCURRENT: usize = 32;

/// Longest answer: longer than a change waits for the log. Who asked gives up about then.
const PATIENCE: Duration = Duration::from_secs(11);

/// Begins to answer `directory.*`.
pub async fn serve(fabric: &Fabric, accounts: Accounts, directory: Directory) -> Result<Service, FabricError> {
    let service = Service::new(fabric, "directory", env!("CARGO_PKG_VERSION"), "accounts, rooms and members").await?;
    macro_rules! answer {
        ($handler:ident . $method:ident ( $request:ty )) => {{
            let handler = $handler.clone();
            service
                .endpoint::<$request, _, _>(CONCURRENT, move |request| {
                    let handler = handler.clone();
                    async move { Ok(timeout(PATIENCE, handler.$method(request)).await.map_err(|_| late())??) }
                })
                .await?;
        }};
    }
    answer!(accounts.signup(Signup));
    answer!(accounts.login(Login));
    answer!(accounts.guest(Guest));
    answer!(accounts.refresh(Refresh));
    answer!(accounts.logout(Logout));
    answer!(accounts.user(GetUser));
    answer!(accounts.known(KnownUsers));
    answer!(accounts.find(FindUsers));
    answer!(accounts.update(UpdateMe));
    answer!(directory.memberships(GetMemberships));
    answer!(directory.standing(GetStanding));
    answer!(directory.own_rooms(ListOwnRooms));
    answer!(directory.public_rooms(ListPublicRooms));
    answer!(directory.room(GetRoom));
    answer!(directory.create_room(CreateRoom));
    answer!(directory.patch_room(PatchRoom));
    answer!(directory.join(JoinRoom));
    answer!(directory.leave(LeaveRoom));
    answer!(directory.members(ListMembers));
    answer!(directory.add_member(AddMember));
    answer!(directory.set_role(SetRole));
    answer!(directory.remove_member(RemoveMember));
    answer!(directory.mark_read(MarkRead));
    answer!(directory.set_status(SetStatus));
    answer!(directory.note_seen(NoteSeen));
    answer!(directory.note_active(NoteActive));
    answer!(directory.active(GetActive));
    answer!(directory.facts(GetFacts));
    let keys = accounts.clone();
    service
        .endpoint::<Keys, _, _>(CONCURRENT, move |_| {
            let keys = keys.clone();
            async move { Ok(keys.keys()) }
        })
        .await?;
    service
        .endpoint::<GetStats, _, _>(CONCURRENT, move |_| {
            let accounts = accounts.clone();
            async move { Ok(timeout(PATIENCE, accounts.stats()).await.map_err(|_| late())??) }
        })
        .await?;
    Ok(service)
}

fn late() -> Refusal {
    Refusal::unavailable("the directory does not answer in time; try again")
}
