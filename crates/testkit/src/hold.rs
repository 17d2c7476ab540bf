//! A lock in the database that holds up who writes, and lets who reads.

use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls};

/// Held until it is released or dropped.
pub struct Hold {
    client: Client,
    driver: JoinHandle<()>,
}

impl Hold {
    /// Keeps everybody from writing to a table of the database.
    pub async fn writes(database: &str, table: &str) -> Hold {
        let (client, connection) = tokio_postgres::connect(database, NoTls).await.expect("the database answers");
        let driver = tokio::spawn(async move { drop(connection.await) });
        let lock = format!("BEGIN; LOCK TABLE {table} IN EXCLUSIVE MODE");
        client.batch_execute(&lock).await.expect("the table can be locked");
        Hold { client, driver }
    }

    /// Lets the others write.
    pub async fn release(self) {
        self.client.batch_execute("ROLLBACK").await.expect("the lock can be given up");
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
