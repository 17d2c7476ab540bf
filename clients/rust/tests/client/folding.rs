//! A timeline that is fed by pages and events says what the server's own pages say.

use chatmesh_client::protocol::frame::Paging;
use chatmesh_client::{Action, ClientOptions, NewChange, Timeline, Update};

use crate::world::{Person, say, shared};

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_events_fold_to_what_the_server_says() {
    let url = shared().await.url();
    let mut ann = Person::start(&url, ClientOptions { recent: false, ..ClientOptions::default() }).await;
    let mut bo = Person::start(&url, ClientOptions { recent: false, ..ClientOptions::default() }).await;
    let room = ann.room().await;
    bo.join(&room).await;
    let seqs = say(&ann.client, &room, ["root", "to be edited", "to be deleted", "quoted"].map(str::to_owned)).await;
    let reply = |thread, reply_to| NewChange::new(&room, Action::Send { text: "a reply".into(), reply_to, thread });
    let early = ann.client.change(reply(Some(seqs[0]), None)).await.unwrap().seq;

    bo.client.attach(&room, Some(seqs[3])).await.unwrap();
    let page = ann.client.history(&room, Paging::default()).await.unwrap();
    let mut timeline = Timeline::new(bo.login.user.id.clone());
    timeline.page(&page);

    let react = |user: &Person, emoji: &str, remove| {
        let action = Action::React { target: seqs[1], emoji: emoji.into(), remove };
        let (client, change) = (user.client.clone(), NewChange::new(&room, action));
        async move { client.change(change).await.unwrap().seq }
    };
    react(&ann, "+1", false).await;
    react(&bo, "+1", false).await;
    react(&ann, "+1", true).await;
    react(&ann, "tada", false).await;
    let change = |action| ann.client.change(NewChange::new(&room, action));
    change(Action::Edit { target: seqs[1], text: "edited".into() }).await.unwrap();
    ann.client.change(reply(Some(seqs[0]), Some(seqs[3]))).await.unwrap();
    change(Action::Delete { target: seqs[2] }).await.unwrap();
    change(Action::Delete { target: seqs[3] }).await.unwrap();
    change(Action::Delete { target: early }).await.unwrap();
    let last = change(Action::Pin { target: seqs[0], remove: false }).await.unwrap().seq;
    loop {
        let Update::Event(event) = bo.until(|update| matches!(update, Update::Event(_))).await else { unreachable!() };
        timeline.event(&event);
        if event.seq == last {
            break;
        }
    }
    let page = bo.client.history(&room, Paging::default()).await.unwrap();
    let folded: Vec<_> = timeline.entries().collect();
    assert_eq!(folded, page.entries.clone().unwrap());
    // A page that is newer than what was heard, and one that is older, change nothing.
    timeline.page(&page);
    assert_eq!(timeline.entries().collect::<Vec<_>>(), folded);
    ann.updates.close();
}
