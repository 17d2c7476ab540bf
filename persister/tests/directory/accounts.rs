//! Signing up, logging in, names, passwords, and what a token says.

use futures_util::StreamExt as _;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use protocol::code::Code;
use protocol::room::SiteRole;
use protocol::rpc::account::{Claims, FindUsers, GetStats, GetUser, Guest, Keys, KnownUsers, Login, Session, Signup, UpdateMe};
use protocol::rpc::notice::{UserNotice, decode as read_notice};
use protocol::subject;

use crate::world::{SOON, World, now_ms};

fn signup(name: &str, password: &str) -> Signup {
    Signup { name: name.into(), password: password.into(), guest: None }
}

fn login(name: &str, password: &str) -> Login {
    Login { name: name.into(), password: password.into() }
}

async fn claims(world: &World, session: &Session) -> Claims {
    let kid = decode_header(&session.access_token).unwrap().kid.unwrap();
    let keys = world.ask(Keys {}).await.unwrap();
    let key = keys.iter().find(|key| key.kid == kid).unwrap();
    let key = DecodingKey::from_ed_der(&key.key);
    decode(&session.access_token, &key, &Validation::new(Algorithm::EdDSA)).unwrap().claims
}

#[tokio::test]
async fn an_account_is_made_once_and_found_by_any_spelling() {
    let world = World::new().await;
    let before = now_ms();
    let made = world.ask(signup(" Ünal ", "correct horse")).await.unwrap();
    assert_eq!((made.user.name.as_str(), made.user.role, made.user.guest), ("Ünal", SiteRole::Member, false));
    let told = claims(&world, &made).await;
    assert_eq!((&told.sub, told.guest, told.role), (&made.user.id, false, SiteRole::Member));
    assert!(told.iat_ms >= before && told.exp * 1_000 == made.expires_at && told.exp == told.iat + 900);

    assert_eq!(world.refused(signup("üNAL", "another horse")).await, Code::Conflict);
    // The same letters, decomposed and full width.
    assert_eq!(world.refused(signup("U\u{308}nal", "another horse")).await, Code::Conflict);
    assert_eq!(world.refused(signup("Üｎａｌ", "another horse")).await, Code::Conflict);
    let again = world.ask(login("ünal", "correct horse")).await.unwrap();
    assert_eq!(again.user, made.user);
    assert_ne!(claims(&world, &again).await.login, told.login);
    let wrong = world.ask(login("Ünal", "wrong horse")).await.unwrap_err();
    let unknown = world.ask(login("nobody", "wrong horse")).await.unwrap_err();
    assert_eq!(wrong.code, Code::Unauthenticated);
    assert_eq!(wrong, unknown, "one answer for both");
    assert_eq!(world.refused(login("Ü\0", "correct horse")).await, Code::Unauthenticated);
    assert_eq!(world.refused(login("Ünal", &"x".repeat(100_000))).await, Code::Unauthenticated);
    world.stop().await;
}

#[tokio::test]
async fn names_and_passwords_have_sizes() {
    let world = World::new().await;
    for name in ["", "   ", "a\u{0}b", "a\nb", &"x".repeat(33)] {
        assert_eq!(world.refused(signup(name, "long enough")).await, Code::BadRequest, "{name:?}");
    }
    for password in ["", "seven77", &"x".repeat(129)] {
        assert_eq!(world.refused(signup("ann", password)).await, Code::BadRequest, "{password:?}");
    }
    // Characters count, not bytes.
    let (name, password) = ("한".repeat(32), "비".repeat(128));
    world.ask(signup(&name, &password)).await.unwrap();
    world.ask(login(&name, &password)).await.unwrap();
    assert_eq!(world.refused(Guest { name: Some("x".repeat(33)) }).await, Code::BadRequest);
    assert!(!world.ask(Guest { name: None }).await.unwrap().user.name.is_empty());
}

#[tokio::test]
async fn a_guest_becomes_the_account_and_keeps_the_id() {
    let world = World::new().await;
    let guest = world.guest("Ann").await;
    assert!(guest.user.guest && claims(&world, &guest).await.guest);
    assert!(world.guest("ANN").await.user.id != guest.user.id, "names of guests are not unique");
    let mut notices = world.fabric.subscribe_core(subject::user(&guest.user.id)).await.unwrap();
    let become_ann = |name: &str| Signup { guest: Some(guest.user.id.clone()), ..signup(name, "long enough") };

    let account = world.ask(become_ann("Ann")).await.unwrap();
    assert_eq!(account.user.id, guest.user.id);
    assert!(!account.user.guest);
    let notice = tokio::time::timeout(SOON, notices.next()).await.unwrap().unwrap();
    assert_eq!(read_notice(&notice.payload), Some(UserNotice::Me { user: account.user.clone() }));
    assert_eq!(world.refused(become_ann("Ann Two")).await, Code::Conflict, "it is an account already");
    assert_eq!(world.ask(login("ann", "long enough")).await.unwrap().user.id, guest.user.id);
    // A guest may go by a name that an account has.
    assert_eq!(world.guest("Ann").await.user.name, "Ann");
}

#[tokio::test]
async fn users_are_found_looked_at_and_renamed() {
    let world = World::new().await;
    let ann = world.ask(signup("Ann Lee", "long enough")).await.unwrap();
    let bo = world.ask(signup("Bo Lee", "long enough")).await.unwrap();
    let named = |name: &str| UpdateMe {
        user: ann.user.id.clone(),
        login: bo.user.id.clone(),
        name: Some(name.into()),
        password: None,
        old_password: None,
    };
    assert_eq!(world.refused(named("bo lee")).await, Code::Conflict);
    assert_eq!(world.ask(named("Anna")).await.unwrap().name, "Anna");
    assert_eq!(world.ask(named("ANNA")).await.unwrap().name, "ANNA", "one's own name in other letters");
    assert_eq!(world.ask(GetUser { user: ann.user.id.clone() }).await.unwrap().name, "ANNA");
    let nobody = protocol::id::Name::fresh();
    assert_eq!(world.refused(GetUser { user: nobody.clone() }).await, Code::NotFound);
    let known = world.ask(KnownUsers { users: vec![nobody, bo.user.id.clone()] }).await.unwrap();
    assert_eq!(known, std::slice::from_ref(&bo.user.id));
    let find = async |q: &str| world.ask(FindUsers { q: q.into(), limit: 50 }).await.unwrap();
    assert_eq!(find("LEE").await, std::slice::from_ref(&bo.user));
    assert_eq!(find("%").await, [], "nothing but letters has a meaning");
    assert_eq!(world.refused(FindUsers { q: " ".into(), limit: 5 }).await, Code::BadRequest);
    assert_eq!(world.ask(GetStats {}).await.unwrap().users, 2);
}

#[tokio::test]
async fn an_admin_is_made_from_nothing_or_from_an_account() {
    let world = World::new().await;
    let account = world.ask(signup("Root", "long enough")).await.unwrap();
    let admin = persister::accounts::create_admin(&world.pools, "root", "new password").await.unwrap();
    assert_eq!((admin.id, admin.role), (account.user.id, SiteRole::Admin));
    let session = world.ask(login("Root", "new password")).await.unwrap();
    assert_eq!(claims(&world, &session).await.role, SiteRole::Admin);
    let other = persister::accounts::create_admin(&world.pools, "Second", "new password").await.unwrap();
    assert_eq!(world.ask(GetUser { user: other.id }).await.unwrap().role, SiteRole::Admin);
    assert!(persister::accounts::create_admin(&world.pools, "Third", "short").await.is_err());
}

#[tokio::test]
async fn every_persister_signs_with_the_same_key() {
    let mut world = World::on(testkit::Postgres::shared().await.database().await).await;
    // Both at once on an empty database: migrations and the key are made once.
    world.persister();
    world.persister();
    world.ready().await;
    assert_eq!(world.ask(Keys {}).await.unwrap().len(), 1);
    for number in 0..8 {
        let session = world.guest(&format!("guest {number}")).await;
        assert_eq!(claims(&world, &session).await.sub, session.user.id);
    }
    assert_eq!(world.number("SELECT count(*) FROM signing_keys").await, 1);
    world.stop().await;
}
