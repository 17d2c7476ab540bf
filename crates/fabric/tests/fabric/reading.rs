//! Reading the log by number, and following it.

use fabric::{LogError, LogReader};
use testkit::eventually;

use crate::fixture::{LONG, assert_contiguous, event, publish, room, shard, start};

#[tokio::test]
async fn records_come_back_as_they_were_published() {
    let (_nats, fabric) = start().await;
    let mut sent = event("r", 1);
    sent.traceparent = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into());
    let ack = fabric.publish(sent.clone()).await.unwrap();
    let record = fabric.get(&shard(0), ack.seq).await.unwrap().unwrap();
    assert_eq!((record.seq, &record.room, &record.payload), (1, &sent.room, &sent.payload));
    assert_eq!((record.msg_id.as_ref(), &record.traceparent), (Some(&sent.msg_id), &sent.traceparent));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64;
    assert!(now.abs_diff(record.ts) < 60_000);
    assert_eq!(fabric.last_of_room(&shard(0), &sent.room).await.unwrap().unwrap(), record);

    assert!(fabric.get(&shard(0), 2).await.unwrap().is_none());
    assert!(fabric.get(&shard(0), 0).await.is_ok_and(|found| found.is_none()));
    assert!(fabric.last_of_room(&shard(0), &room("other")).await.unwrap().is_none());
}

#[tokio::test]
async fn pages_hold_one_room_in_order_and_say_whether_there_is_more() {
    let (_nats, fabric) = start().await;
    for id in 0..20 {
        publish(&fabric, if id % 2 == 0 { "even" } else { "odd" }, id).await;
    }
    let even = room("even");
    let page = fabric.room_page(&shard(0), &even, 1, 4, 1 << 20).await.unwrap();
    assert_eq!(page.records.iter().map(|record| (record.seq, record.prev)).collect::<Vec<_>>(), [(1, 0), (3, 1), (5, 3), (7, 5)]);
    assert!(page.more && page.records.iter().all(|record| record.room == even));
    assert_eq!((page.first_seq, page.last_seq), (1, 20));

    let rest = fabric.room_page(&shard(0), &even, 8, 100, 1 << 20).await.unwrap();
    assert_eq!(rest.records.iter().map(|record| record.seq).collect::<Vec<_>>(), [9, 11, 13, 15, 17, 19]);
    assert!(!rest.more);
    for (room_name, from) in [("even", 20), ("even", 1000), ("nobody", 1)] {
        let none = fabric.room_page(&shard(0), &room(room_name), from, 10, 1 << 20).await.unwrap();
        assert!(none.records.is_empty() && !none.more, "{room_name} from {from}");
    }
    assert_contiguous(&fabric.shard_page(&shard(0), 0, 100).await.unwrap().records, 1, 20);

    // The bytes bound a page, but it is never empty when there is more.
    let small = fabric.room_page(&shard(0), &even, 1, 100, 1).await.unwrap();
    assert!(!small.records.is_empty() && small.records.len() < 10 && small.more);

    fabric.purge_below(&shard(0), 6).await.unwrap();
    let late = fabric.room_page(&shard(0), &even, 2, 100, 1 << 20).await.unwrap();
    assert_eq!((late.first_seq, late.records[0].seq), (6, 7));
}

#[tokio::test]
async fn an_empty_log_has_empty_pages() {
    let (_nats, fabric) = start().await;
    let page = fabric.shard_page(&shard(0), 1, 100).await.unwrap();
    assert!(page.records.is_empty() && !page.more);
    assert_eq!((page.first_seq, page.last_seq), (1, 0));
}

#[tokio::test]
async fn the_log_is_followed_from_a_number_on() {
    let (_nats, fabric) = start().await;
    for id in 0..3_000 {
        publish(&fabric, "r", id).await;
    }
    let mut reader = LogReader::open(&fabric, shard(0), 101).await.unwrap();
    let mut records = vec![reader.next().await.unwrap()];
    while records.last().is_some_and(|record| record.seq < 3_000) {
        records.extend(reader.next_batch(1_000).await.unwrap());
    }
    assert_contiguous(&records, 101, 3_000);
    assert_eq!(records[0].msg_id.as_deref(), Some("r.u.100"));

    // It waits for what comes.
    let next = tokio::spawn(async move { reader.next().await });
    assert_eq!(publish(&fabric, "r", "new").await.seq, next.await.unwrap().unwrap().seq);
}

#[tokio::test]
async fn a_gap_a_lost_tail_and_a_missing_log_are_told() {
    let (_nats, fabric) = start().await;
    for id in 0..10 {
        publish(&fabric, "r", id).await;
    }
    fabric.purge_below(&shard(0), 5).await.unwrap();
    let open = async |from| LogReader::open(&fabric, shard(0), from).await.err();
    assert!(matches!(open(4).await, Some(LogError::Gap { first_seq: 5 })));
    assert!(open(5).await.is_none() && open(11).await.is_none());
    assert!(matches!(open(12).await, Some(LogError::Behind { last_seq: 10 })));
    let gone = LogReader::open(&fabric, shard(7), 1).await.err();
    assert!(matches!(gone, Some(LogError::Gone)), "{gone:?}");

    // Above what was read while it is followed.
    let mut reader = LogReader::open(&fabric, shard(0), 11).await.unwrap();
    fabric.purge_below(&shard(0), 1 << 32).await.unwrap();
    publish(&fabric, "r", "after").await;
    let gap = reader.next().await.unwrap_err();
    assert!(matches!(gap, LogError::Gap { first_seq } if first_seq == 1 << 32), "{gap:?}");
}

#[tokio::test]
async fn the_log_is_followed_through_restarts_of_the_server() {
    let (nats, fabric) = start().await;
    let mut reader = LogReader::open(&fabric, shard(0), 1).await.unwrap();
    let mut records = Vec::new();
    // While the server is away the reader says so; whoever asks again goes on.
    let mut reading = async || {
        eventually(LONG, async || match reader.next().await {
            Ok(record) => Some(record),
            Err(error) => {
                assert!(matches!(error, LogError::Io(_)), "{error}");
                None
            }
        })
        .await
    };
    for round in 0..5 {
        for id in 0..20 {
            publish(&fabric, "r", format!("{round}.{id}")).await;
        }
        // Half of them are read, then the server and with it the consumer are gone.
        while records.len() < round * 20 + 10 {
            records.push(reading().await);
        }
        nats.restart().await;
        for _ in 0..10 {
            records.push(reading().await);
        }
    }
    assert_contiguous(&records, 1, 100);
    eventually(LONG, async || fabric.connected().borrow().then_some(())).await;
}
