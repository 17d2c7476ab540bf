//! Accounts: signing up, logging in, being found, changing oneself.

use http::StatusCode;
use serde_json::json;
use testkit::fresh_name;

use crate::world::shared;

#[tokio::test]
async fn a_guest_becomes_an_account_and_keeps_its_id() {
    let world = shared().await;
    let guest = world.guest().await;
    let me = world.get("/v1/me", &guest.token).await.is(StatusCode::OK).json();
    assert_eq!(me, json!({"id": guest.id, "name": guest.name, "role": "member", "guest": true}));
    let (name, password) = (fresh_name(), "correct horse");
    let answer = world.post("/v1/auth/signup", &guest.token, json!({"name": name, "password": password})).await;
    let answer = answer.is(StatusCode::CREATED);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.json()["expires_at"].as_u64().unwrap() > 1_600_000_000_000);
    let account = answer.person();
    assert_eq!((&account.id, &account.name), (&guest.id, &name));
    let taken = json!({"name": name.to_uppercase(), "password": password});
    world.post("/v1/auth/signup", "", taken).await.fails(409, "conflict");
    let login = world.post("/v1/auth/login", "", json!({"name": name, "password": password})).await.is(StatusCode::OK);
    assert_eq!(login.json()["user"], json!({"id": guest.id, "name": name, "role": "member", "guest": false}));
}

#[tokio::test]
async fn wrong_name_and_wrong_password_have_one_answer() {
    let world = shared().await;
    let account = world.account().await;
    let mut answers = Vec::new();
    for name in [account.name.as_str(), "nobody bears this name", "", "a\u{7}b"] {
        let body = json!({"name": name, "password": "not the password"});
        let answer = world.post("/v1/auth/login", "", body).await.fails(401, "unauthenticated");
        answers.push((answer.bytes, answer.headers["www-authenticate"].clone()));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
}

#[tokio::test]
async fn names_and_passwords_have_bounds() {
    let world = shared().await;
    let signup =
        async |name: &str, password: &str| world.post("/v1/auth/signup", "", json!({"name": name, "password": password})).await;
    for password in ["short 7", &"x".repeat(129), "with\u{0}a NUL"] {
        signup(&fresh_name(), password).await.fails(400, "bad_request");
    }
    for name in ["", "  ", &"x".repeat(33), "a\u{0}b", "a\nb", "a\u{202e}b"] {
        signup(name, "long enough").await.fails(400, "bad_request");
    }
    let widest: String = fresh_name().chars().take(20).chain("한".repeat(12).chars()).collect();
    signup(&widest, &"한".repeat(128)).await.is(StatusCode::CREATED);
    signup(&fresh_name(), "8 charac").await.is(StatusCode::CREATED);
}

#[tokio::test]
async fn refresh_gives_new_tokens_and_ends_the_login_when_reused_after_its_successor() {
    let world = shared().await;
    let first = world.account().await;
    let refresh = async |token: &str| world.post("/v1/auth/refresh", "", json!({"refresh_token": token})).await;
    let second = refresh(&first.refresh).await.is(StatusCode::OK).person();
    assert_ne!(first.refresh, second.refresh);
    let third = refresh(&second.refresh).await.is(StatusCode::OK).person();
    world.get("/v1/me", &third.token).await.is(StatusCode::OK);
    refresh(&first.refresh).await.fails(401, "unauthenticated");
    refresh(&third.refresh).await.fails(401, "unauthenticated");
    refresh("nonsense").await.fails(401, "unauthenticated");
}

#[tokio::test]
async fn users_are_found_by_a_part_of_their_name() {
    let world = shared().await;
    let account = world.account().await;
    let part = account.name[3..20].to_lowercase();
    let found = world.get(&format!("/v1/users?q={part}&limit=5"), &account.token).await.is(StatusCode::OK).json();
    assert_eq!(found, json!({"users": [{"id": account.id, "name": account.name, "guest": false}]}));
    for query in ["", "?q=", "?q=%20", "?q=a&limit=0", "?q=a&limit=-1", "?q=a&limit=x", "?q=%00"] {
        world.get(&format!("/v1/users{query}"), &account.token).await.fails(400, "bad_request");
    }
    let user = world.get(&format!("/v1/users/{}", account.id), &account.token).await.is(StatusCode::OK).json();
    assert_eq!(user["name"], account.name);
    for id in ["nobody", "a.b", "*", "%3E", "a%20b", &"x".repeat(65), "%FF"] {
        world.get(&format!("/v1/users/{id}"), &account.token).await.fails(404, "not_found");
    }
}

#[tokio::test]
async fn a_new_password_ends_the_other_logins() {
    let world = shared().await;
    let account = world.account().await;
    let old = format!("password of {}", account.name);
    let other = world.post("/v1/auth/login", "", json!({"name": account.name, "password": old})).await.person();
    let change = async |body| world.patch("/v1/me", &account.token, body).await;
    change(json!({})).await.fails(400, "bad_request");
    change(json!({"password": "a new password"})).await.fails(400, "bad_request");
    change(json!({"password": "a new password", "old_password": "wrong"})).await.fails(403, "forbidden");
    world.get("/v1/me", &other.token).await.is(StatusCode::OK);
    let name = fresh_name();
    let body = json!({"name": name, "password": "a new password", "old_password": old});
    assert_eq!(change(body).await.is(StatusCode::OK).json()["name"], name);
    testkit::eventually(testkit::SOON, async || (world.get("/v1/me", &other.token).await.status == 401).then_some(())).await;
    world.get("/v1/me", &account.token).await.is(StatusCode::OK);
    world.post("/v1/auth/login", "", json!({"name": name, "password": old})).await.fails(401, "unauthenticated");
    world.post("/v1/auth/login", "", json!({"name": name, "password": "a new password"})).await.is(StatusCode::OK);
}
