use super::world::{A, LONG, World, ends, fetched, job, page, segment};
use bytes::Bytes;
use shared::ids::{RunId, TenantId};
use shared::outcome::Reason;
use shared::ports::store::control::{About, LetterSelection, LettersOf, MOST_BODY, NewLetter, Quotas};
use shared::ports::store::{Audit, NewRun, PageEnd, RunState};
use shared::ports::{Consumer, DeadLetter, Lane, Queue, QueueError, Store, StoreError};
use shared::replay::{ReplayError, Replayed, replay};

pub(super) async fn two_deaths_over_one_page_make_it_poison<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 1).await;
    let (care, at, other) = (w.store.control(), segment().segment, segment().segment);
    assert_eq!(care.take_up(run, at).await.unwrap(), [0_u32; 0]);
    for place in [3, 4] {
        care.begin_page(run, at, Some(place)).await.unwrap();
        // Died over 3, then over 4: neither twice.
        assert_eq!(care.take_up(run, at).await.unwrap(), [0_u32; 0]);
    }
    care.begin_page(run, at, Some(4)).await.unwrap();
    assert_eq!(care.take_up(run, at).await.unwrap(), [4]);
    // Taken up and not begun, or ended in order: nobody died over a page.
    assert_eq!(care.take_up(run, at).await.unwrap(), [4]);
    for _ in 0..3 {
        care.begin_page(run, at, Some(5)).await.unwrap();
        care.begin_page(run, at, None).await.unwrap();
        assert_eq!(care.take_up(run, at).await.unwrap(), [4]);
    }
    for _ in 0..2 {
        care.begin_page(run, at, Some(0)).await.unwrap();
        care.take_up(run, at).await.unwrap();
    }
    assert_eq!(care.take_up(run, at).await.unwrap(), [4, 0]);
    assert_eq!(care.take_up(run, other).await.unwrap(), [0_u32; 0]);
    care.put_down(run, at).await.unwrap();
    assert_eq!(care.take_up(run, at).await.unwrap(), [0_u32; 0]);
}

pub(super) async fn pages_closed_as_poison_are_filed_and_open_again<S: Store + Audit>(w: World<S>) {
    let run = w.running(job(), 2).await;
    let grant = w.lease().await;
    let mut closed = fetched(&grant.tasks[0].url);
    closed.end = PageEnd::Failed(Reason::PoisonParse);
    closed.depth = 3;
    let visits = vec![ends(grant.lease, &grant.tasks[0], closed)];
    let at = segment();
    w.apply(run, at.clone(), visits.clone()).await;
    w.apply(run, at, visits).await;
    let letters = w.store.control().letters(LetterSelection::first(10)).await.unwrap();
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    assert_eq!((letter.run, letter.reason.as_str()), (Some(run), "poison_parse"));
    assert!(
        matches!(&letter.about, About::Page { url, depth: 3, .. } if *url == grant.tasks[0].url),
        "{letter:?}"
    );

    // Open again beside what was closed, once.
    let queue = notes();
    assert_eq!(replay(&w.store, &queue, letter.id).await.unwrap(), Replayed::Open(run));
    w.check(run).await;
    assert!(w.store.control().letter(letter.id).await.unwrap().replayed_at.is_some());
    assert!(matches!(replay(&w.store, &queue, letter.id).await, Err(ReplayError::Refused(_))));
    w.clock.advance(LONG);
    w.sweep().await;
    w.clock.advance(LONG);
    let mut urls = Vec::new();
    while w.state(run).await != RunState::Done {
        let grant = w.lease().await;
        urls.extend(grant.tasks.iter().map(|task| task.url.clone()));
        w.finish(&grant).await;
    }
    urls.sort();
    assert_eq!(urls, [page(run, A, "000000").url, page(run, A, "000001").url]);
    w.check(run).await;
    let over = replay(&w.store, &queue, letter.id).await.unwrap_err();
    assert!(over.to_string().contains("is over"), "{over}");
}

pub(super) async fn letters_are_filed_once_listed_sent_and_dropped<S: Store + Audit>(w: World<S>) {
    let store = w.store.control();
    let message = |lane: &str, body: &[u8]| {
        let body = Bytes::copy_from_slice(body);
        NewLetter::of(&DeadLetter { lane: lane.into(), reason: "unreadable".into(), body }.to_bytes())
    };
    let offer = br#"{"m":"lease.offer","v":9,"b":{"lease":1,"host":2,"run":77}}"#;
    let long = vec![b'x'; MOST_BODY + 1];
    let new = [message("fetch", offer), message("parse", b"\x00\xff"), message("parse", &long)];
    for letter in new.iter().chain(&new) {
        store.file(letter).await.unwrap();
    }
    store.file(&NewLetter::of(&Bytes::from("no letter"))).await.unwrap();
    let letters = store.letters(LetterSelection::first(10)).await.unwrap();
    let runs: Vec<Option<i64>> = letters.iter().map(|letter| letter.run.map(|run| run.0)).collect();
    assert_eq!(runs, [Some(77), None, None, None]);
    let next = LetterSelection { after: letters[0].id, ..LetterSelection::first(1) };
    assert_eq!(store.letters(next).await.unwrap(), letters[1..2]);
    let whole = store.letter(letters[0].id).await.unwrap();
    assert!(
        matches!(&whole.about, About::Message { lane, body, len } if lane == "fetch" && body[..] == offer[..] && *len == offer.len() as u64)
    );

    let queue = notes();
    let sent = replay(&w.store, &queue, letters[1].id).await.unwrap();
    assert_eq!(sent, Replayed::Published(Lane::Parse { urgent: false }));
    assert_eq!(queue.0.lock()[..], [(sent_to(&sent), Bytes::from_static(b"\x00\xff"))]);
    // What was cut, and what came on no lane, is not sent.
    for letter in &letters[2..] {
        assert!(matches!(replay(&w.store, &queue, letter.id).await, Err(ReplayError::Refused(_))));
    }
    // It died again: the same letter, new.
    store.file(&new[1]).await.unwrap();
    assert_eq!(store.letter(letters[1].id).await.unwrap().replayed_at, None);
    store.drop_letter(letters[0].id).await.unwrap();
    assert!(matches!(store.letter(letters[0].id).await, Err(StoreError::NotFound(_))));
    assert!(matches!(store.drop_letter(letters[0].id).await, Err(StoreError::NotFound(_))));
    assert!(matches!(store.replayed(letters[0].id).await, Err(StoreError::NotFound(_))));
}

fn sent_to(sent: &Replayed) -> String {
    match sent {
        Replayed::Published(lane) => lane.to_string(),
        Replayed::Open(run) => run.to_string(),
    }
}

/// A queue that only notes what is published.
struct Notes(parking_lot::Mutex<Vec<(String, Bytes)>>);

fn notes() -> Notes {
    Notes(parking_lot::Mutex::default())
}

#[async_trait::async_trait]
impl Queue for Notes {
    async fn publish(&self, lane: &Lane, messages: Vec<Bytes>) -> Result<(), QueueError> {
        self.0.lock().extend(messages.into_iter().map(|message| (lane.to_string(), message)));
        Ok(())
    }

    async fn consume(&self, _: &Lane, _: u16) -> Result<Box<dyn Consumer>, QueueError> {
        Err(QueueError::Closed)
    }

    async fn depth(&self, _: &Lane) -> Result<u64, QueueError> {
        Ok(0)
    }
}

pub(super) async fn letters_are_listed_by_whose_and_what_they_are<S: Store + Audit>(w: World<S>) {
    let control = w.store.control();
    let mine = w.running(job(), 1).await;
    let grant = w.lease().await;
    let other = control.create_tenant("other", Quotas::default(), None).await.unwrap().id;
    let theirs = NewRun { tenant: other, ..NewRun::of(std::sync::Arc::new(job())) };
    let theirs = w.store.create_run(theirs).await.unwrap();
    let mut closed = fetched(&grant.tasks[0].url);
    closed.end = PageEnd::Failed(Reason::PoisonFetch);
    w.apply(mine, segment(), vec![ends(grant.lease, &grant.tasks[0], closed)]).await;
    let message = |run: Option<RunId>| NewLetter {
        lane: "fetch".into(),
        reason: "unreadable".into(),
        run,
        body: Bytes::from(format!("{run:?}")),
        len: 9,
    };
    for run in [Some(theirs), None, Some(RunId(987_654_321))] {
        control.file(&message(run)).await.unwrap();
    }
    let all = LetterSelection::first(10);
    let ids = async |selection| -> Vec<i64> {
        control.letters(selection).await.unwrap().iter().map(|letter| letter.id).collect()
    };
    let everybodys = ids(all).await;
    let [page, their, of_none, of_a_gone_run] = everybodys[..] else { panic!("{everybodys:?}") };
    let of = |tenant, with_unowned| LetterSelection { of: Some(LettersOf { tenant, with_unowned }), ..all };
    assert_eq!(ids(of(TenantId::FIRST, false)).await, [page]);
    assert_eq!(ids(of(TenantId::FIRST, true)).await, [page, of_none, of_a_gone_run]);
    assert_eq!(ids(of(other, false)).await, [their]);
    assert_eq!(ids(LetterSelection { run: Some(theirs), ..all }).await, [their]);
    assert_eq!(ids(LetterSelection { run: Some(theirs), ..of(TenantId::FIRST, true) }).await, [0; 0]);
    assert_eq!(ids(LetterSelection { pages: Some(true), ..all }).await, [page]);
    assert_eq!(
        ids(LetterSelection { pages: Some(false), after: their, ..all }).await,
        [of_none, of_a_gone_run]
    );
    control.replayed(of_none).await.unwrap();
    assert_eq!(ids(LetterSelection { replayed: Some(true), ..all }).await, [of_none]);
    assert_eq!(ids(LetterSelection { replayed: Some(false), ..all }).await, [page, their, of_a_gone_run]);
}
