//! What a queue promises, in each of its homes.

use std::time::{Duration, Instant};

use faultline_queue::{Cursor, Lease, MAX_BYTES, Put, Queue, QueueError, State};

use crate::bench::{Bench, LONG, SHORT, bytes, id, nothing, taken};

/// Holds each home to each claim.
macro_rules! claims {
    ($($claim:ident)*) => {
        mod in_a_file {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $claim() {
                let Some(bench) = crate::bench::file(stringify!($claim)) else { return };
                super::$claim(&bench).await;
            })*
        }
        mod on_nats {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $claim() {
                let Some(bench) = crate::bench::nats(stringify!($claim)) else { return };
                super::$claim(&bench).await;
            })*
        }
    };
}

claims! {
    a_job_is_put_once_and_taken_once
    jobs_come_in_the_order_in_which_they_were_put
    many_takers_get_each_job_once
    a_job_whose_worker_died_is_delivered_again_and_the_dead_one_has_lost_it
    a_lease_that_is_extended_does_not_end
    what_is_given_back_comes_again_after_the_delay
    after_so_many_deliveries_a_job_is_a_dead_letter
    the_first_result_stays
    a_job_that_waits_is_cancelled_without_being_delivered
    a_job_that_runs_is_told_and_cancelled_by_its_worker
    progress_is_read_in_pieces_from_elsewhere
    progress_begins_anew_with_each_delivery
    a_value_is_kept_over_the_version_that_was_read
    what_is_too_large_or_unknown_is_said
}

async fn state(queue: &Queue, name: &str) -> (State, u32) {
    let status = queue.status(&id(name)).await.unwrap().unwrap();
    (status.state, status.deliveries)
}

async fn a_job_is_put_once_and_taken_once(bench: &Bench) {
    let (here, there) = (bench.open().await, bench.open().await);
    assert_eq!(here.put(&id("a"), bytes("first")).await.unwrap(), Put::New);
    assert_eq!(there.put(&id("a"), bytes("second")).await.unwrap(), Put::Known);
    assert_eq!(state(&there, "a").await, (State::Queued, 0));
    let job = taken(&there).await;
    assert_eq!((job.id.as_str(), &job.body[..], job.number), ("a", &b"first"[..], 1));
    assert_eq!(state(&here, "a").await, (State::Running, 1));
    nothing(&here).await;
    assert_eq!(here.put(&id("a"), bytes("third")).await.unwrap(), Put::Known);
    nothing(&here).await;
}

async fn jobs_come_in_the_order_in_which_they_were_put(bench: &Bench) {
    let queue = bench.open().await;
    for name in ["one", "two", "three"] {
        queue.put(&id(name), bytes("")).await.unwrap();
    }
    for name in ["one", "two", "three"] {
        assert_eq!(taken(&queue).await.id.as_str(), name);
    }
}

async fn many_takers_get_each_job_once(bench: &Bench) {
    let queue = bench.open().await;
    let mut takers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let queue = bench.open().await;
        takers.spawn(async move {
            let mut names = Vec::new();
            while let Some(job) = queue.take(Duration::from_secs(1)).await.unwrap() {
                assert_eq!((job.number, queue.finish(&job, bytes("")).await.unwrap()), (1, Lease::Held));
                names.push(job.id.to_string());
            }
            names
        });
    }
    for number in 0..40 {
        queue.put(&id(&format!("job-{number}")), bytes("")).await.unwrap();
    }
    let mut names = takers.join_all().await.concat();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 40);
    for number in 0..40 {
        assert_eq!(state(&queue, &format!("job-{number}")).await, (State::Finished, 1));
    }
}

async fn a_job_whose_worker_died_is_delivered_again_and_the_dead_one_has_lost_it(bench: &Bench) {
    let (dead, alive) = (bench.hasty().await, bench.hasty().await);
    dead.put(&id("a"), bytes("work")).await.unwrap();
    let old = taken(&dead).await;
    let new = taken(&alive).await;
    assert_eq!((new.number, &new.body[..]), (2, &b"work"[..]));
    assert_eq!(dead.extend(&old).await.unwrap(), Lease::Lost);
    assert_eq!(dead.give_back(&old, Duration::ZERO).await.unwrap(), Lease::Lost);
    assert_eq!(dead.finish(&old, bytes("old")).await.unwrap(), Lease::Lost);
    assert_eq!(alive.finish(&new, bytes("new")).await.unwrap(), Lease::Held);
    let status = dead.status(&id("a")).await.unwrap().unwrap();
    assert_eq!((status.state, status.deliveries, status.result), (State::Finished, 2, Some(bytes("new"))));
}

async fn a_lease_that_is_extended_does_not_end(bench: &Bench) {
    let (worker, other) = (bench.hasty().await, bench.hasty().await);
    worker.put(&id("a"), bytes("")).await.unwrap();
    let job = taken(&worker).await;
    let began = Instant::now();
    while began.elapsed() < SHORT * 4 {
        let none = other.take(SHORT / 4).await.unwrap();
        assert!(none.is_none(), "{none:?} after {:?}", began.elapsed());
        assert_eq!(worker.extend(&job).await.unwrap(), Lease::Held);
    }
    assert_eq!(state(&other, "a").await, (State::Running, 1));
    assert_eq!(worker.finish(&job, bytes("")).await.unwrap(), Lease::Held);
}

async fn what_is_given_back_comes_again_after_the_delay(bench: &Bench) {
    let queue = bench.open().await;
    queue.put(&id("a"), bytes("")).await.unwrap();
    let job = taken(&queue).await;
    let (began, delay) = (Instant::now(), Duration::from_millis(500));
    assert_eq!(queue.give_back(&job, delay).await.unwrap(), Lease::Held);
    assert_eq!(state(&queue, "a").await, (State::Queued, 1));
    assert_eq!(queue.extend(&job).await.unwrap(), Lease::Lost, "it let go");
    let again = taken(&queue).await;
    assert!(began.elapsed() >= delay, "{:?}", began.elapsed());
    assert_eq!(again.number, 2);
    assert_eq!(queue.give_back(&again, Duration::ZERO).await.unwrap(), Lease::Held);
    assert_eq!(taken(&queue).await.number, 3);
}

async fn after_so_many_deliveries_a_job_is_a_dead_letter(bench: &Bench) {
    let queue = bench.hasty().await;
    queue.put(&id("poison"), bytes("boom")).await.unwrap();
    for number in 1..=3 {
        assert_eq!(taken(&queue).await.number, number, "and its worker dies");
    }
    queue.put(&id("fine"), bytes("")).await.unwrap();
    let fine = taken(&queue).await;
    assert_eq!(fine.id.as_str(), "fine");
    assert_eq!(queue.finish(&fine, bytes("")).await.unwrap(), Lease::Held);
    assert!(queue.take(SHORT * 2).await.unwrap().is_none());
    assert_eq!(state(&queue, "poison").await, (State::Dead, 3));
    let dead = queue.dead(10).await.unwrap();
    let letters: Vec<_> =
        dead.iter().map(|letter| (letter.id.as_str(), &letter.body[..], letter.deliveries)).collect();
    assert_eq!(letters, [("poison", &b"boom"[..], 3)]);
}

async fn the_first_result_stays(bench: &Bench) {
    let queue = bench.open().await;
    queue.put(&id("a"), bytes("")).await.unwrap();
    let job = taken(&queue).await;
    assert_eq!(queue.finish(&job, bytes("first")).await.unwrap(), Lease::Held);
    assert_eq!(queue.finish(&job, bytes("second")).await.unwrap(), Lease::Lost);
    queue.cancel(&id("a")).await.unwrap();
    let status = queue.status(&id("a")).await.unwrap().unwrap();
    assert_eq!((status.state, status.is_cancelled), (State::Finished, false));
    assert_eq!(status.result, Some(bytes("first")));
    assert_eq!(queue.put(&id("a"), bytes("again")).await.unwrap(), Put::Known);
    nothing(&queue).await;
}

async fn a_job_that_waits_is_cancelled_without_being_delivered(bench: &Bench) {
    let queue = bench.open().await;
    for name in ["a", "b"] {
        queue.put(&id(name), bytes("")).await.unwrap();
    }
    queue.cancel(&id("a")).await.unwrap();
    assert_eq!(state(&queue, "a").await, (State::Cancelled, 0));
    assert_eq!(taken(&queue).await.id.as_str(), "b");
    nothing(&queue).await;
}

async fn a_job_that_runs_is_told_and_cancelled_by_its_worker(bench: &Bench) {
    let (worker, other) = (bench.hasty().await, bench.hasty().await);
    worker.put(&id("a"), bytes("")).await.unwrap();
    let job = taken(&worker).await;
    other.cancel(&id("a")).await.unwrap();
    let status = worker.status(&job.id).await.unwrap().unwrap();
    assert_eq!((status.state, status.is_cancelled), (State::Running, true));
    assert_eq!(worker.abandon(&job).await.unwrap(), Lease::Held);
    assert_eq!(state(&other, "a").await, (State::Cancelled, 1));
    assert!(other.take(SHORT * 2).await.unwrap().is_none(), "it comes again");
}

async fn progress_is_read_in_pieces_from_elsewhere(bench: &Bench) {
    let (worker, reader) = (bench.open().await, bench.open().await);
    worker.put(&id("a"), bytes("")).await.unwrap();
    let before = reader.progress(&id("a"), Cursor::default()).await.unwrap().unwrap();
    assert_eq!((before.records.len(), before.restarted), (0, false));
    let mut job = taken(&worker).await;
    for number in 1..=120 {
        worker.append(&mut job, bytes(&format!("record {number}"))).await.unwrap();
    }
    let first = reader.progress(&id("a"), before.next).await.unwrap().unwrap();
    let rest = reader.progress(&id("a"), first.next).await.unwrap().unwrap();
    assert_eq!((first.records.len(), rest.records.len(), rest.restarted), (100, 20, false));
    assert_eq!((&first.records[0], &rest.records[19]), (&bytes("record 1"), &bytes("record 120")));
    assert_eq!((first.more, rest.more), (true, false));
    let none = reader.progress(&id("a"), rest.next).await.unwrap().unwrap();
    assert_eq!((none.records.len(), none.next), (0, rest.next));
    for _ in 0..3 {
        worker.append(&mut job, vec![7; MAX_BYTES].into()).await.unwrap();
    }
    let large = reader.progress(&id("a"), rest.next).await.unwrap().unwrap();
    assert_eq!((large.records.len(), large.more), (2, true));
}

async fn progress_begins_anew_with_each_delivery(bench: &Bench) {
    let (dead, alive) = (bench.hasty().await, bench.hasty().await);
    dead.put(&id("a"), bytes("")).await.unwrap();
    let mut old = taken(&dead).await;
    for text in ["one", "two"] {
        dead.append(&mut old, bytes(text)).await.unwrap();
    }
    let seen = alive.progress(&id("a"), Cursor::default()).await.unwrap().unwrap();
    assert_eq!(seen.records, [bytes("one"), bytes("two")]);
    let mut new = taken(&alive).await;
    dead.append(&mut old, bytes("late")).await.unwrap();
    alive.append(&mut new, bytes("uno")).await.unwrap();
    let again = alive.progress(&id("a"), seen.next).await.unwrap().unwrap();
    assert_eq!((again.restarted, again.records), (true, vec![bytes("uno")]));
    let next = alive.progress(&id("a"), again.next).await.unwrap().unwrap();
    assert_eq!((next.restarted, next.records.len()), (false, 0));
}

async fn a_value_is_kept_over_the_version_that_was_read(bench: &Bench) {
    let (here, there) = (bench.open().await, bench.open().await);
    let name = id("session");
    assert_eq!(here.recall(&name).await.unwrap(), None);
    let one = here.remember(&name, bytes("one"), 0).await.unwrap().unwrap();
    assert_eq!(there.remember(&name, bytes("other"), 0).await.unwrap(), None);
    let kept = there.recall(&name).await.unwrap().unwrap();
    assert_eq!((kept.bytes, kept.version), (bytes("one"), one));
    let two = there.remember(&name, bytes("two"), one).await.unwrap().unwrap();
    assert_eq!(here.remember(&name, bytes("three"), one).await.unwrap(), None, "somebody came before");
    let kept = here.recall(&name).await.unwrap().unwrap();
    assert_eq!((kept.bytes, kept.version), (bytes("two"), two));
    here.forget(&name).await.unwrap();
    here.forget(&name).await.unwrap();
    assert_eq!(there.recall(&name).await.unwrap(), None);
    assert_eq!(there.remember(&name, bytes("late"), two).await.unwrap(), None, "it was forgotten");
    assert!(there.remember(&name, bytes("anew"), 0).await.unwrap().is_some());
}

async fn what_is_too_large_or_unknown_is_said(bench: &Bench) {
    let queue = bench.open().await;
    let large = vec![0; MAX_BYTES + 1];
    let refused = queue.put(&id("a"), large.into()).await.unwrap_err();
    assert!(matches!(refused, QueueError::TooLarge { .. }), "{refused}");
    queue.put(&id("a"), vec![7; MAX_BYTES].into()).await.unwrap();
    assert_eq!(queue.take(LONG).await.unwrap().unwrap().body.len(), MAX_BYTES);
    assert_eq!(queue.status(&id("nobody")).await.unwrap(), None);
    assert_eq!(queue.progress(&id("nobody"), Cursor::default()).await.unwrap(), None);
    queue.cancel(&id("nobody")).await.unwrap();
}
