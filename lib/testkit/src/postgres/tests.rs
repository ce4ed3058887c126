use super::*;

async fn scalar(url: &str, sql: &str) -> Result<String, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    client.query_one(sql, &[]).await?.try_get(0)
}

#[tokio::test]
async fn databases_are_separate_and_copies_of_the_template() {
    let pg = Postgres::shared();
    pg.template(async |url| -> Result<(), KitError> {
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        let driver = tokio::spawn(connection);
        client.batch_execute("CREATE TABLE marker AS SELECT 'there'::text AS word").await.unwrap();
        drop(client);
        driver.await.unwrap().unwrap();
        Ok(())
    })
    .await
    .unwrap();
    let (one, two) = (pg.database("one").await.unwrap(), pg.database("one").await.unwrap());
    assert_ne!(one, two);
    assert_eq!(scalar(&two, "SELECT word FROM marker").await.unwrap(), "there");
}

#[tokio::test]
async fn a_durable_server_keeps_what_it_committed_when_killed() {
    let pg = Postgres::durable().unwrap();
    let url = pg.database("kept").await.unwrap();
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("CREATE TABLE t AS SELECT 'kept'::text AS word").await.unwrap();
    pg.kill9();
    assert!(scalar(&url, "SELECT word FROM t").await.is_err());
    pg.start_again().unwrap();
    assert_eq!(scalar(&url, "SELECT word FROM t").await.unwrap(), "kept");
    let dir = pg.socket_dir().to_owned();
    drop(pg);
    assert!(!dir.exists(), "the guard removes the directory");
}
