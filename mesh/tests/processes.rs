//! The same services in one process and as processes of their own, side by side, killed and started again.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Mesh, Nats, Postgres, Process, Service, eventually_for, get, request};

const LONG: Duration = Duration::from_secs(30);

/// A request that must be answered with this status; gives the body.
async fn asked(service: &Service, method: &str, path: &str, token: &str, body: Option<Value>, status: u16) -> Value {
    let token = (!token.is_empty()).then_some(token);
    let (found, text) = request(service.http(), method, path, token, body.as_ref()).await.unwrap();
    assert_eq!(found, status, "{method} {path}: {text}");
    serde_json::from_str(&text).unwrap_or_default()
}

async fn get_with(service: &Service, path: &str, token: &str) -> (u16, String) {
    request(service.http(), "GET", path, Some(token), None).await.unwrap()
}

/// The access token of a new guest.
async fn guest(service: &Service) -> String {
    let answer = asked(service, "POST", "/v1/auth/guest", "", Some(json!({})), 201).await;
    answer["access_token"].as_str().unwrap().to_owned()
}

/// Makes a public room and gives its id.
async fn room(service: &Service, token: &str, name: &str) -> String {
    let body = json!({"name": name, "type": "public"});
    asked(service, "POST", "/v1/rooms", token, Some(body), 201).await["room"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn two_gateways_and_two_persisters_stand_in_for_each_other() {
    let (nats, postgres) = (Nats::start().await, Postgres::start().await);
    let database = postgres.database().await;
    let persisters = [Service::persister(&nats, &database, &[]), Service::persister(&nats, &database, &[])];
    let gateways = [Service::gateway(&nats, &[]), Service::gateway(&nats, &[])];
    for service in persisters.iter().chain(&gateways) {
        service.ready().await;
    }
    let token = guest(&gateways[0]).await;
    let first = room(&gateways[0], &token, "before").await;
    assert_eq!(asked(&gateways[1], "GET", &format!("/v1/rooms/{first}"), &token, None, 200).await["name"], "before");

    persisters[0].kill();
    gateways[0].kill();
    let path = "/v1/rooms";
    let body = json!({"name": "after", "type": "public"});
    eventually_for(LONG, "the others go on", async || {
        request(gateways[1].http(), "POST", path, Some(&token), Some(&body)).await.filter(|(status, _)| *status == 201)
    })
    .await;

    persisters[0].start_again().await;
    gateways[0].start_again().await;
    persisters[1].kill();
    eventually_for(LONG, "the first has taken over", async || {
        request(gateways[0].http(), "POST", path, Some(&token), Some(&body)).await.filter(|(status, _)| *status == 201)
    })
    .await;
    for service in [&persisters[0], &gateways[0], &gateways[1]] {
        service.terminate();
        assert_eq!(service.wait().await, Some(0), "{}", service.stderr());
    }
}

#[tokio::test]
async fn a_gateway_is_not_ready_before_a_persister_has_made_the_streams() {
    let (nats, postgres) = (Nats::start().await, Postgres::start().await);
    let gateway = Service::gateway(&nats, &[]);
    let (_, body) = eventually_for(LONG, "the gateway tells why", async || {
        get(gateway.ops(), "/readyz").await.filter(|(status, body)| *status == 503 && body.contains("shards"))
    })
    .await;
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["ready"], false);
    let persister = Service::persister(&nats, &postgres.database().await, &[]);
    persister.ready().await;
    gateway.ready().await;
    guest(&gateway).await;
}

#[tokio::test]
async fn a_mesh_finds_its_data_again_after_an_orderly_end_and_after_kill_9() {
    let mesh = Mesh::start(&[]).await;
    let token = guest(&mesh).await;
    let kept = room(&mesh, &token, "kept").await;
    mesh.interrupt();
    assert_eq!(mesh.wait().await, Some(0), "{}", mesh.stderr());
    mesh.start_again().await;
    assert_eq!(asked(&mesh, "GET", &format!("/v1/rooms/{kept}"), &token, None, 200).await["name"], "kept");
    let second = room(&mesh, &token, "second").await;
    mesh.kill();
    mesh.start_again().await;
    assert_eq!(asked(&mesh, "GET", &format!("/v1/rooms/{second}"), &token, None, 200).await["name"], "second");
    let events = asked(&mesh, "GET", &format!("/v1/rooms/{second}/events?after=0"), &token, None, 200).await;
    let kinds: Vec<_> = events["events"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["created", "joined"]);
}

#[tokio::test]
async fn two_meshes_side_by_side_do_not_know_each_other() {
    let (here, there) = (Mesh::start(&[]).await, Mesh::start(&[]).await);
    let token = guest(&here).await;
    asked(&here, "GET", "/v1/me", &token, None, 200).await;
    asked(&there, "GET", "/v1/me", &token, None, 401).await;
}

#[tokio::test]
async fn a_mesh_on_servers_of_its_users_starts_no_children() {
    let (nats, postgres) = (Nats::with_password("boss", "s3cret").await, Postgres::start().await);
    let (url, database) = (nats.url(), postgres.database().await);
    let mesh = Mesh::start(&[
        ("CHATMESH__NATS__URL", &url),
        ("CHATMESH__NATS__USER", "boss"),
        ("CHATMESH__NATS__PASSWORD", "s3cret"),
        ("CHATMESH__POSTGRES__URL", &database),
    ])
    .await;
    let token = guest(&mesh).await;
    room(&mesh, &token, "on foreign ground").await;
    assert!(!mesh.data().join("nats").exists() && !mesh.data().join("postgres").exists());
}

#[tokio::test]
async fn an_administrator_is_made_while_the_mesh_runs() {
    let mesh = Mesh::start(&[]).await;
    let data = mesh.data();
    let create = |password: &str| {
        let variables = [("CHATMESH__DATA_DIR", data.to_str().unwrap()), ("CHATMESH_ADMIN_PASSWORD", password)];
        Process::start_with("mesh", &["admin", "create", "--name", "Boss"], &variables)
    };
    let made = create("correct horse");
    assert_eq!(made.wait().await.code(), Some(0), "{}", made.stderr());
    let login = json!({"name": "boss", "password": "correct horse"});
    let answer = asked(&mesh, "POST", "/v1/auth/login", "", Some(login), 200).await;
    assert_eq!((&answer["user"]["role"], &answer["user"]["name"]), (&json!("admin"), &json!("Boss")));
    let token = answer["access_token"].as_str().unwrap();
    eventually_for(LONG, "the gateway is heard", async || {
        let (status, text) = get_with(&mesh, "/v1/admin/presence", token).await;
        let overview: Value = serde_json::from_str(&text).ok()?;
        (status == 200 && overview["nodes"].as_array()?.len() == 1 && overview["refused"] == 0).then_some(())
    })
    .await;
    let quiet = room(&mesh, token, "quiet").await;
    let people = asked(&mesh, "GET", &format!("/v1/admin/presence/{quiet}"), token, None, 200).await;
    assert_eq!(people, json!({"room": quiet, "count": 0, "people": []}));
    assert_eq!(asked(&mesh, "GET", "/v1/admin/ranking", token, None, 200).await, json!({"rooms": []}));

    let refused = create("short");
    assert_eq!(refused.wait().await.code(), Some(1));
    assert_eq!(refused.stderr().lines().count(), 1, "{}", refused.stderr());
    mesh.interrupt();
    mesh.wait().await;
    let late = create("correct horse");
    assert_eq!(late.wait().await.code(), Some(1));
    assert!(late.stderr().contains("no mesh runs on the data folder"), "{}", late.stderr());
}
