//! Refresh tokens, and how logins end.

use std::time::Duration;

use fabric::{Revocations, Revoked};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use protocol::code::Code;
use protocol::id::Name;
use protocol::rpc::account::{Login, Logout, Refresh, Revocation, Session, Signup, UpdateMe};

use crate::world::{World, now_ms};

fn refresh(session: &Session) -> Refresh {
    Refresh { refresh_token: session.refresh_token.clone() }
}

async fn login_of(world: &World, session: &Session) -> Name {
    let user = session.user.id.as_str();
    let client = world.pools.writer().await.unwrap();
    let newest = "SELECT id FROM logins WHERE user_id = $1 ORDER BY created_at DESC LIMIT 1";
    Name::parse(client.query_one(newest, &[&user]).await.unwrap().get(0)).unwrap()
}

/// What the bucket holds under a key.
async fn revoked(world: &World, key: &str) -> Option<Revocation> {
    let bucket = Revocations::open(&world.fabric, Duration::from_secs(1_020)).await.unwrap();
    let mut entries = bucket.watch().await.unwrap();
    let mut found = None;
    while let Some(Revoked::Entry { key: entry, revocation }) = entries.next().await {
        if entry == key {
            found = Some(revocation);
        }
    }
    found
}

#[tokio::test]
async fn a_token_used_twice_gives_a_new_successor_until_the_successor_was_used() {
    let world = World::new().await;
    let first = world.guest("ann").await;
    let login = login_of(&world, &first).await;
    let lost = world.ask(refresh(&first)).await.unwrap();
    let second = world.ask(refresh(&first)).await.unwrap();
    assert_eq!(second.user, first.user);
    assert_eq!(world.refused(refresh(&lost)).await, Code::Unauthenticated, "the unused one is void");
    let third = world.ask(refresh(&second)).await.unwrap();
    assert_eq!(revoked(&world, &format!("login.{login}")).await, None);

    assert_eq!(world.refused(refresh(&first)).await, Code::Unauthenticated, "its successor was used");
    let revocation = revoked(&world, &format!("login.{login}")).await.unwrap();
    assert!(revocation.at >= now_ms() - 20_000 && !revocation.banned);
    for session in [&second, &third] {
        assert_eq!(world.refused(refresh(session)).await, Code::Unauthenticated, "the login has ended");
    }
    assert_eq!(world.refused(Refresh { refresh_token: "made up".into() }).await, Code::Unauthenticated);
    world.stop().await;
}

#[tokio::test]
async fn one_successor_is_left_of_many_at_once() {
    let world = World::new().await;
    let first = world.guest("ann").await;
    let successors = join_all((0..20).map(|_| world.ask(refresh(&first)))).await;
    let mut good = 0;
    for successor in successors {
        match world.ask(refresh(&successor.unwrap())).await {
            Ok(_) => good += 1,
            Err(refusal) => assert_eq!(refusal.code, Code::Unauthenticated),
        }
    }
    assert_eq!(good, 1);
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let world = World::new().await;
    let session = world.guest("ann").await;
    let client = world.pools.writer().await.unwrap();
    client.execute("UPDATE refresh_tokens SET expires_at = now() - interval '1 second'", &[]).await.unwrap();
    assert_eq!(world.refused(refresh(&session)).await, Code::Unauthenticated);
}

#[tokio::test]
async fn logout_ends_one_login_or_all() {
    let world = World::new().await;
    let signup = Signup { name: "ann".into(), password: "long enough".into(), guest: None };
    let again = || Login { name: "ann".into(), password: "long enough".into() };
    let one = world.ask(signup).await.unwrap();
    let user = one.user.id.clone();
    let login = login_of(&world, &one).await;
    let two = world.ask(again()).await.unwrap();
    world.ask(Logout { user: user.clone(), login: login.clone(), all: false }).await.unwrap();
    assert!(revoked(&world, &format!("login.{login}")).await.is_some());
    assert_eq!(world.refused(refresh(&one)).await, Code::Unauthenticated);
    let two = world.ask(refresh(&two)).await.unwrap();

    let three = world.ask(again()).await.unwrap();
    world.ask(Logout { user: user.clone(), login, all: true }).await.unwrap();
    let revocation = revoked(&world, &format!("user.{user}")).await.unwrap();
    assert_eq!(revocation.except, None);
    for session in [two, three] {
        assert_eq!(world.refused(refresh(&session)).await, Code::Unauthenticated);
    }
    let fresh = world.ask(again()).await.unwrap();
    assert!(fresh.expires_at - 900_000 + 999 >= revocation.at, "a later login is not touched");
    world.ask(refresh(&fresh)).await.unwrap();
}

#[tokio::test]
async fn another_users_login_is_not_ended() {
    let world = World::new().await;
    let (ann, bo) = (world.guest("ann").await, world.guest("bo").await);
    let login = login_of(&world, &ann).await;
    world.ask(Logout { user: bo.user.id, login, all: false }).await.unwrap();
    world.ask(refresh(&ann)).await.unwrap();
}

#[tokio::test]
async fn a_new_password_ends_the_other_logins() {
    let world = World::new().await;
    let other = world.ask(Signup { name: "ann".into(), password: "old password".into(), guest: None }).await.unwrap();
    let own = world.ask(Login { name: "ann".into(), password: "old password".into() }).await.unwrap();
    let login = login_of(&world, &own).await;
    let update = |old: Option<&str>, new: &str| UpdateMe {
        user: own.user.id.clone(),
        login: login.clone(),
        name: None,
        password: Some(new.into()),
        old_password: old.map(Into::into),
    };
    assert_eq!(world.refused(update(None, "new password")).await, Code::BadRequest);
    assert_eq!(world.refused(update(Some("wrong one"), "new password")).await, Code::Forbidden);
    assert_eq!(world.refused(update(Some("old password"), "short")).await, Code::BadRequest);
    world.ask(update(Some("old password"), "new password")).await.unwrap();

    let revocation = revoked(&world, &format!("user.{}", own.user.id)).await.unwrap();
    assert_eq!(revocation.except, Some(login));
    assert_eq!(world.refused(refresh(&other)).await, Code::Unauthenticated);
    world.ask(refresh(&own)).await.unwrap();
    assert_eq!(world.refused(Login { name: "ann".into(), password: "old password".into() }).await, Code::Unauthenticated);
    world.ask(Login { name: "ann".into(), password: "new password".into() }).await.unwrap();
}
