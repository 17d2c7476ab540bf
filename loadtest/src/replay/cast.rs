//! Who speaks: a guest for each nick, a member of each room in which he says something, with a socket from his first line on.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use chatmesh_client::protocol::id::{RoomId, UserId};
use chatmesh_client::{Client, ClientOptions, Login};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use indicatif::ProgressBar;
use tokio::sync::OnceCell;

use crate::recording::{Recording, short};
use crate::target::Target;

/// Calls at once while users and rooms are made.
const AT_ONCE: usize = 16;
/// Characters of a user's name.
const NAME: usize = 32;

pub struct Cast {
    target: Target,
    actors: BTreeMap<String, Actor>,
    /// In the order of the recordings.
    pub rooms: Vec<RoomId>,
    /// Reads the histories at the end.
    pub reader: Client,
}

struct Actor {
    login: Login,
    client: OnceCell<Client>,
}

impl Cast {
    pub async fn gather(target: &Target, recordings: &[Recording], bar: &ProgressBar) -> anyhow::Result<Cast> {
        let nicks: Vec<BTreeSet<String>> =
            recordings.iter().map(|recording| recording.lines.iter().map(|line| line.nick.clone()).collect()).collect();
        let all: BTreeSet<String> = nicks.iter().flatten().cloned().collect();
        bar.set_length((all.len() + recordings.len() + nicks.iter().map(BTreeSet::len).sum::<usize>()) as u64);

        let owner = target.guest("replay").await?;
        let mut rooms = Vec::new();
        for recording in recordings {
            rooms.push(target.room(&owner, &recording.name).await?);
            bar.inc(1);
        }
        let make = |nick: String| async move {
            let login = target.guest(&short(&nick, NAME)).await?;
            bar.inc(1);
            anyhow::Ok((nick, Actor { login, client: OnceCell::new() }))
        };
        let actors: BTreeMap<String, Actor> = stream::iter(all).map(make).buffer_unordered(AT_ONCE).try_collect().await?;
        let joins = rooms.iter().zip(&nicks).flat_map(|(room, nicks)| nicks.iter().map(move |nick| (room.clone(), nick.clone())));
        let logins = &actors;
        let join = |(room, nick): (RoomId, String)| async move {
            let actor = logins.get(&nick).context("every nick has a user")?;
            target.join(&actor.login, &room).await?;
            bar.inc(1);
            anyhow::Ok(())
        };
        stream::iter(joins.collect::<Vec<_>>()).map(join).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        let reader = connect(target, owner);
        Ok(Cast { target: target.clone(), actors, rooms, reader })
    }

    pub fn users(&self) -> usize {
        self.actors.len()
    }

    fn actor(&self, nick: &str) -> anyhow::Result<&Actor> {
        self.actors.get(nick).with_context(|| format!("{nick} is not in the cast"))
    }

    pub fn author(&self, nick: &str) -> anyhow::Result<UserId> {
        Ok(self.actor(nick)?.login.user.id.clone())
    }

    /// His socket; opened when he first speaks.
    pub async fn client(&self, nick: &str) -> anyhow::Result<&Client> {
        let actor = self.actor(nick)?;
        Ok(actor.client.get_or_init(async || connect(&self.target, actor.login.clone())).await)
    }
}

/// Listens to nothing: lines are sent, and read at the end.
fn connect(target: &Target, login: Login) -> Client {
    let options = ClientOptions { recent: false, ..ClientOptions::default() };
    Client::start(target.api(), login, options).0
}
