//! The throwaway broker itself.

use testkit::servers::RabbitMq;

#[tokio::test]
async fn it_starts_dies_and_comes_back_empty() {
    let broker = RabbitMq::start().await;
    assert!(broker.vhost("one").await.ends_with("/one"));
    broker.alarm(true);
    broker.alarm(false);
    broker.stop();
    broker.r#continue();
    broker.kill9();
    assert!(broker.manage("GET", "/api/overview", "").await.is_err());
    broker.wipe();
    broker.restart().await;
    assert_eq!(broker.manage("GET", "/api/queues/one", "").await.expect("the virtual host is back"), "[]");
}
