//! A whole mesh, killed several times, and its servers under it.

use chatmesh_client::Api;
use fabric::NatsConfig;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use testkit::{Mesh, eventually_for};

use crate::crowd::Crowd;
use crate::evidence::Evidence;
use crate::{GATEWAY, LONG};

/// Acknowledged sends between two kills.
const MEANWHILE: u64 = 40;

#[tokio::test(flavor = "multi_thread")]
async fn a_mesh_is_killed_under_load_and_nothing_is_lost() {
    let mesh = Mesh::start(&GATEWAY).await;
    let mut crowd = Crowd::gather(&[Api::new(&mesh.url())]).await;
    crowd.write();
    for round in 0..3 {
        crowd.progress(MEANWHILE).await;
        mesh.kill();
        mesh.start_again().await;
        crowd.progress(MEANWHILE).await;
        let server = ["nats-server", "postgres"][round % 2];
        let before = mesh.child(server);
        kill(Pid::from_raw(before), Signal::SIGKILL).unwrap();
        eventually_for(LONG, "the server is started again", async || (mesh.child(server) != before).then_some(())).await;
        mesh.ready().await;
        if round == 1 {
            crowd.remove_eve().await;
        }
    }
    crowd.progress(MEANWHILE).await;
    let connect = std::fs::read_to_string(mesh.data().join("run/connect.json")).unwrap();
    let connect: mesh::servers::Connect = serde_json::from_str(&connect).unwrap();
    let nats =
        NatsConfig { url: connect.nats_url, user: connect.nats_user, password: connect.nats_password, ..NatsConfig::default() };
    let report = crowd.judge(&Evidence::open(&nats, &connect.postgres_url).await).await;
    assert!(report.is_clean(), "{report}");
    assert!(report.acknowledged > 240 && report.received > 4 * report.acknowledged, "{report}");
    println!("{report}");
}
