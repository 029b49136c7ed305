//! The shared store: PostgreSQL 15 or later, for two machines and more.
//!
//! - One leads by the lease, a row with a fencing number that grows with every leader. A batch is kept by one statement that holds
//!   that row: of a leader whose number is not the row's any more nothing is kept, however late its batch comes.
//! - The lease runs by the database's clock, so that the machines' own clocks may differ. A leader also counts by its own monotonic
//!   clock, from before it asked for the renewal: it takes itself for none ([`Store::leads`]) before the database does, and does
//!   nothing outside any more.
//! - A batch whose commit was not answered is of unknown fate ([`AppendError::Doubtful`]); opening again tells.
//! - The store is asked from one thread, and waits for the answer as the embedded one waits for its disk. The connections live on a
//!   thread of their own; every question to them is bounded in time.

mod inbox;

pub use inbox::Inbox;

use super::digest::Digest;
use super::lease::{LEASE, Lead, RENEW_EVERY};
use super::store::{
    Alive, AppendError, Erase, MAX_RECORD_BYTES, SNAPSHOTS_KEPT, Store, StoreError, StoredRecord,
};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, SqlSafeStr};
use std::borrow::Cow;
use std::future::Future;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};
use tokio::sync::mpsc as queue;
use tokio::time::timeout;

/// How long the database may take for one question.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How long a batch may take: a leader that waits for longer has lost its lease.
const KEEP_WITHIN: Duration = LEASE;
/// How long it may take to reach the database.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How long letting the lease go may take.
const LET_GO_WITHIN: Duration = Duration::from_secs(1);
/// So many records are read at once.
const PAGE: i64 = 256;

/// A journal's store in a database that several machines share.
#[derive(Debug)]
pub struct Postgres {
    orders: queue::UnboundedSender<Order>,
    lease: Arc<Lease>,
}

/// What this node knows of its own lease, by the machine's monotonic clock since `epoch`.
#[derive(Debug)]
struct Lease {
    lead: Mutex<Lead>,
    epoch: Instant,
}

/// Now, by the machine's monotonic clock.
#[expect(
    clippy::disallowed_methods,
    reason = "how long a lease holds decides who acts, not what is decided"
)]
fn moment() -> Instant {
    Instant::now()
}

impl Lease {
    fn new() -> Self {
        Self { lead: Mutex::default(), epoch: moment() }
    }

    fn now(&self) -> Duration {
        moment().saturating_duration_since(self.epoch)
    }

    /// A lead is replaced whole, so a thread that panicked left none half done.
    fn lead(&self) -> MutexGuard<'_, Lead> {
        self.lead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number under which this node writes, as the database knows it.
    fn number(&self) -> i64 {
        number(self.lead().fence())
    }
}

/// A question to the thread that has the connections.
type Order = Box<dyn for<'c> FnOnce(&'c mut Line) -> Doing<'c> + Send>;
type Doing<'c> = std::pin::Pin<Box<dyn Future<Output = ()> + 'c>>;

/// The connection, made anew after it broke.
struct Line {
    options: PgConnectOptions,
    connection: Option<PgConnection>,
}

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("{0}")]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("{}초 안에 응답이 없습니다", .0.as_secs())]
    Silent(Duration),
    #[error("데이터베이스를 맡은 스레드가 없습니다")]
    Gone,
    #[error("저장된 값을 읽을 수 없습니다: {0}")]
    Unreadable(&'static str),
    #[error("다른 coc가 데이터베이스를 이어받았습니다. 그 coc를 멈추고 다시 실행해 주십시오")]
    Taken,
    #[error("DATABASE_URL을 읽을 수 없습니다. 예: postgres://coc@db.example.com/coc")]
    Url,
}

fn failed<E: Into<Trouble>>(doing: &'static str) -> impl FnOnce(E) -> StoreError {
    move |error| StoreError::Failed { doing, source: Box::new(error.into()) }
}

impl Line {
    /// The connection; made when there is none.
    async fn up(&mut self) -> Result<&mut PgConnection, Trouble> {
        let up = match self.connection.take() {
            Some(up) => up,
            None => timeout(CONNECT_WITHIN, connect(&self.options))
                .await
                .map_err(|_| Trouble::Silent(CONNECT_WITHIN))??,
        };
        Ok(self.connection.insert(up))
    }

    /// Asks the database something. After a failure the next question is put on another connection: this one may still be busy with
    /// what nobody waits for any more.
    async fn ask<T>(
        &mut self,
        within: Duration,
        asking: impl AsyncFnOnce(&mut PgConnection) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let up = self.up().await?;
        let answer = timeout(within, asking(up)).await.unwrap_or(Err(Trouble::Silent(within)));
        if answer.is_err() {
            self.connection = None;
        }
        answer
    }
}

/// A new connection. What it began and did not end is given up by the database as soon as its lease is over: it may be cut off.
async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let mut up = options.connect().await?;
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "SET idle_in_transaction_session_timeout = {}",
        LEASE.as_millis()
    )))
    .execute(&mut up)
    .await?;
    Ok(up)
}

/// How the database of this address is reached.
fn options(url: &str) -> Result<PgConnectOptions, StoreError> {
    let read: PgConnectOptions =
        url.parse().map_err(|_: sqlx::Error| Trouble::Url).map_err(failed("주소 읽기"))?;
    Ok(read.application_name("coc").disable_statement_logging())
}

fn migrations() -> Migrator {
    let files = [
        (1, "journal", include_str!("0001_journal.sql")),
        (2, "inbox", include_str!("0002_inbox.sql")),
        (3, "key", include_str!("0003_key.sql")),
    ];
    let migration = |(version, name, sql): (i64, &'static str, &'static str)| {
        let sql = sqlx::AssertSqlSafe(sql).into_sql_str();
        Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, sql, false)
    };
    let mut all = Migrator::with_migrations(files.map(migration).to_vec());
    all.dangerous_set_table_name("coc_migration");
    // a newer program may have added tables; what it wrote is judged record by record
    all.set_ignore_missing(true);
    all
}

impl Postgres {
    /// Opens the database, and makes its tables where they are missing. It can be read from then on; written only by a leader.
    ///
    /// # Errors
    /// When the address cannot be read, or the database does not answer.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        let options = options(url)?;
        let lease = Arc::new(Lease::new());
        let (orders, queue) = queue::unbounded_channel();
        let (started, ready) = mpsc::sync_channel(1);
        let kept = Arc::clone(&lease);
        std::thread::Builder::new()
            .name("coc-database".to_owned())
            .spawn(move || tend(options, queue, kept, &started))
            .map_err(failed_to_start)?;
        let ready = ready.recv().map_err(|_| Trouble::Gone).map_err(failed("데이터베이스 연결"))?;
        ready.map_err(failed("데이터베이스 연결"))?;
        Ok(Self { orders, lease })
    }

    /// Asks for the lease in this node's name. `false`: another one leads.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn try_lead(&self, holder: &str) -> Result<bool, StoreError> {
        let (holder, lease) = (holder.to_owned(), Arc::clone(&self.lease));
        self.ask("이끌기", ANSWER_WITHIN, async move |up| {
            let asked = lease.now();
            let granted: Option<(i64,)> = sqlx::query_as(
                "INSERT INTO coc_lease (id, holder, fence, until)
                 VALUES (1, $1, 1, clock_timestamp() + make_interval(secs => $2))
                 ON CONFLICT (id) DO UPDATE SET holder = $1, fence = coc_lease.fence + 1,
                     until = clock_timestamp() + make_interval(secs => $2)
                 WHERE coc_lease.until < clock_timestamp()
                 RETURNING fence",
            )
            .bind(&holder)
            .bind(LEASE.as_secs_f64())
            .fetch_optional(up)
            .await?;
            let Some((fence,)) = granted else { return Ok(false) };
            let fence = u64::try_from(fence).map_err(|_| Trouble::Unreadable("coc_lease"))?;
            lease.lead().granted(fence, asked);
            Ok(true)
        })
    }

    /// Lets the lease go at once, so that another need not wait for its end; dropping does so too.
    ///
    /// # Errors
    /// When the database does not answer; the lease ends by itself then.
    pub fn step_down(&self) -> Result<(), StoreError> {
        let fence = number(self.lease.lead().let_go());
        self.ask("물러나기", LET_GO_WITHIN, async move |up| {
            sqlx::query(
                "UPDATE coc_lease SET until = clock_timestamp() WHERE id = 1 AND fence = $1",
            )
            .bind(fence)
            .execute(up)
            .await?;
            Ok(())
        })
    }

    /// The key of the board that all nodes share: `fresh` where there was none yet.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn board_key(&self, fresh: [u8; 32]) -> Result<[u8; 32], StoreError> {
        self.ask("관제 화면의 열쇠", ANSWER_WITHIN, async move |up| {
            sqlx::query("INSERT INTO coc_key (id, board) VALUES (1, $1) ON CONFLICT DO NOTHING")
                .bind(fresh.to_vec())
                .execute(&mut *up)
                .await?;
            let (kept,): (Vec<u8>,) =
                sqlx::query_as("SELECT board FROM coc_key WHERE id = 1").fetch_one(up).await?;
            kept.try_into().map_err(|_| Trouble::Unreadable("coc_key"))
        })
    }

    /// Puts a question, and waits for the answer.
    fn ask<T: Send + 'static>(
        &self,
        doing: &'static str,
        within: Duration,
        asking: impl AsyncFnOnce(&mut PgConnection) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (tell, told) = mpsc::sync_channel(1);
        let order: Order = Box::new(move |line| {
            Box::pin(async move {
                // whoever asked may be gone
                let _ = tell.send(line.ask(within, asking).await);
            })
        });
        self.orders.send(order).map_err(|_| Trouble::Gone).map_err(failed(doing))?;
        told.recv().unwrap_or(Err(Trouble::Gone)).map_err(failed(doing))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // a lease that cannot be let go ends by itself
        if self.lease.number() != 0
            && let Err(error) = self.step_down()
        {
            tracing::warn!(%error, "the lease was not let go");
        }
    }
}

fn failed_to_start(error: std::io::Error) -> StoreError {
    StoreError::Failed { doing: "데이터베이스를 맡을 스레드", source: Box::new(error) }
}

/// The thread that has the connections: one for questions, one that renews the lease beside them.
fn tend(
    options: PgConnectOptions,
    mut orders: queue::UnboundedReceiver<Order>,
    lease: Arc<Lease>,
    started: &mpsc::SyncSender<Result<(), Trouble>>,
) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = started.send(Err(sqlx::Error::Io(error).into()));
            return;
        }
    };
    runtime.block_on(async {
        let mut line = Line { options: options.clone(), connection: None };
        let made = line.ask(ANSWER_WITHIN, async |up| Ok(migrations().run(up).await?)).await;
        let is_made = made.is_ok();
        let _ = started.send(made);
        if !is_made {
            return;
        }
        let renewing = async {
            let mut own = Line { options, connection: None };
            loop {
                tokio::time::sleep(RENEW_EVERY).await;
                renew(&mut own, &lease).await;
            }
        };
        let answering = async {
            while let Some(order) = orders.recv().await {
                order(&mut line).await;
            }
        };
        tokio::select! {
            () = answering => {}
            () = renewing => {}
        }
    });
}

async fn renew(line: &mut Line, lease: &Lease) {
    let fence = lease.lead().fence();
    if fence == 0 {
        return;
    }
    let asked = lease.now();
    let number = number(fence);
    let renewed = line
        .ask(LEASE, async |up| {
            let done = sqlx::query(
                "UPDATE coc_lease SET until = clock_timestamp() + make_interval(secs => $2)
                 WHERE id = 1 AND fence = $1",
            )
            .bind(number)
            .bind(LEASE.as_secs_f64())
            .execute(up)
            .await?;
            Ok(done.rows_affected() == 1)
        })
        .await;
    match renewed {
        Ok(true) => lease.lead().renewed(fence, asked),
        Ok(false) => lease.lead().refused(fence),
        // it runs out by itself if this goes on
        Err(error) => tracing::warn!(%error, "the lease was not renewed"),
    }
}

/// A row of records as it stands.
fn stored((seq, hash, bytes): (i64, Vec<u8>, Vec<u8>)) -> Result<StoredRecord, Trouble> {
    let seq = u64::try_from(seq).map_err(|_| Trouble::Unreadable("coc_record"))?;
    let hash: [u8; 32] = hash.try_into().map_err(|_| Trouble::Unreadable("coc_record"))?;
    Ok(StoredRecord { seq, hash: Digest::from_bytes(hash), bytes })
}

fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// What became of a batch in the database.
enum Kept {
    Whole,
    /// Another one leads; the next number there.
    Fenced(u64),
}

impl Store for Postgres {
    fn leads(&self) -> bool {
        self.lease.lead().holds(self.lease.now())
    }

    fn last(&self) -> Result<Option<StoredRecord>, StoreError> {
        self.ask("마지막 기록 읽기", ANSWER_WITHIN, async |up| {
            let row =
                sqlx::query_as("SELECT seq, hash, body FROM coc_record ORDER BY seq DESC LIMIT 1")
                    .fetch_optional(up)
                    .await?;
            row.map(stored).transpose()
        })
    }

    fn read(
        &self,
        from: u64,
        each: &mut dyn FnMut(StoredRecord) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let mut from = number(from);
        loop {
            let page = self.ask("기록 읽기", ANSWER_WITHIN, async move |up| {
                let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = sqlx::query_as(
                    "SELECT seq, hash, body FROM coc_record WHERE seq >= $1 ORDER BY seq LIMIT $2",
                )
                .bind(from)
                .bind(PAGE)
                .fetch_all(up)
                .await?;
                rows.into_iter().map(stored).collect::<Result<Vec<_>, _>>()
            })?;
            let Some(last) = page.last() else { return Ok(()) };
            from = number(last.seq + 1);
            for one in page {
                if each(one).is_break() {
                    return Ok(());
                }
            }
        }
    }

    fn append(&mut self, expected_next: u64, batch: &[StoredRecord]) -> Result<(), AppendError> {
        let oversized = batch.iter().find(|stored| stored.bytes.len() > MAX_RECORD_BYTES);
        if let Some(stored) = oversized {
            let bytes = stored.bytes.len();
            return Err(AppendError::TooLarge { bytes, limit: MAX_RECORD_BYTES });
        }
        let own = self.lease.lead().fence();
        let fence = number(own);
        let seqs: Vec<i64> = batch.iter().map(|one| number(one.seq)).collect();
        let hashes: Vec<Vec<u8>> = batch.iter().map(|one| one.hash.as_bytes().to_vec()).collect();
        let bodies: Vec<Vec<u8>> = batch.iter().map(|one| one.bytes.clone()).collect();
        let kept = self.ask("기록 저장", KEEP_WITHIN, async move |up| {
            // one statement, whole by itself: a node that is cut off in the middle leaves nothing locked that the next leader needs. One
            // that comes to lead meanwhile waits for it, and it finds no lease if that one was first.
            let kept = sqlx::query(
                "WITH held AS (SELECT 1 FROM coc_lease WHERE id = 1 AND fence = $4 FOR SHARE),
                      reached AS (SELECT coalesce(max(seq), 0) AS seq FROM coc_record)
                 INSERT INTO coc_record (seq, hash, body, fence)
                 SELECT new.seq, new.hash, new.body, $4
                 FROM held, reached, unnest($1::bigint[], $2::bytea[], $3::bytea[]) AS new(seq, hash, body)
                 WHERE reached.seq = $5",
            )
            .bind(seqs)
            .bind(hashes)
            .bind(bodies)
            .bind(fence)
            .bind(number(expected_next) - 1)
            .execute(&mut *up)
            .await;
            match kept {
                Ok(kept) if kept.rows_affected() > 0 => return Ok(Kept::Whole),
                Ok(_) => {}
                // somebody wrote that number in the same moment
                Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {}
                Err(error) => return Err(error.into()),
            }
            let (next,): (i64,) = sqlx::query_as("SELECT coalesce(max(seq), 0) + 1 FROM coc_record")
                .fetch_one(up)
                .await?;
            Ok(Kept::Fenced(u64::try_from(next).unwrap_or_default()))
        });
        match kept.map_err(AppendError::Doubtful)? {
            Kept::Whole => Ok(()),
            Kept::Fenced(next) => {
                self.lease.lead().refused(own);
                Err(AppendError::Stale { expected: expected_next, next })
            }
        }
    }

    fn snapshots(&self) -> Result<Vec<u64>, StoreError> {
        self.ask("스냅샷 목록", ANSWER_WITHIN, async |up| {
            let rows: Vec<(i64,)> =
                sqlx::query_as("SELECT seq FROM coc_snapshot ORDER BY seq DESC")
                    .fetch_all(up)
                    .await?;
            Ok(rows.into_iter().filter_map(|(seq,)| u64::try_from(seq).ok()).collect())
        })
    }

    fn snapshot(&self, seq: u64) -> Result<Vec<u8>, StoreError> {
        self.ask("스냅샷 읽기", ANSWER_WITHIN, async move |up| {
            let (body,): (Vec<u8>,) =
                sqlx::query_as("SELECT body FROM coc_snapshot WHERE seq = $1")
                    .bind(number(seq))
                    .fetch_one(up)
                    .await?;
            Ok(body)
        })
    }

    fn put_snapshot(&mut self, seq: u64, bytes: &[u8]) -> Result<(), StoreError> {
        let (bytes, keep) = (bytes.to_vec(), number(SNAPSHOTS_KEPT as u64));
        self.ask("스냅샷 저장", ANSWER_WITHIN, async move |up| {
            let mut whole = up.begin().await?;
            sqlx::query(
                "INSERT INTO coc_snapshot (seq, body) VALUES ($1, $2)
                 ON CONFLICT (seq) DO UPDATE SET body = $2",
            )
            .bind(number(seq))
            .bind(bytes)
            .execute(&mut *whole)
            .await?;
            sqlx::query(
                "DELETE FROM coc_snapshot WHERE seq NOT IN
                     (SELECT seq FROM coc_snapshot ORDER BY seq DESC LIMIT $1)",
            )
            .bind(keep)
            .execute(&mut *whole)
            .await?;
            whole.commit().await?;
            Ok(())
        })
    }

    fn note_alive(&mut self, alive: &Alive) -> Result<(), StoreError> {
        let body = serde_json::to_vec(alive).map_err(|error| StoreError::Failed {
            doing: "살아 있음 기록",
            source: Box::new(error),
        })?;
        let fence = self.lease.number();
        self.ask("살아 있음 기록", ANSWER_WITHIN, async move |up| {
            // whoever does not lead any more is not alive to those who come after
            sqlx::query(
                "INSERT INTO coc_alive (id, body)
                 SELECT 1, $1 FROM coc_lease WHERE id = 1 AND fence = $2
                 ON CONFLICT (id) DO UPDATE SET body = $1",
            )
            .bind(body)
            .bind(fence)
            .execute(up)
            .await?;
            Ok(())
        })
    }

    fn last_alive(&self) -> Result<Option<Alive>, StoreError> {
        self.ask("살아 있음 읽기", ANSWER_WITHIN, async |up| {
            let row: Option<(Vec<u8>,)> = sqlx::query_as("SELECT body FROM coc_alive WHERE id = 1")
                .fetch_optional(up)
                .await?;
            // one that cannot be read counts as none
            Ok(row.and_then(|(body,)| serde_json::from_slice(&body).ok()))
        })
    }
}

impl Erase for Postgres {
    fn rewrite(&mut self, batch: &[StoredRecord]) -> Result<(), StoreError> {
        let fence = self.lease.number();
        let seqs: Vec<i64> = batch.iter().map(|one| number(one.seq)).collect();
        let hashes: Vec<Vec<u8>> = batch.iter().map(|one| one.hash.as_bytes().to_vec()).collect();
        let bodies: Vec<Vec<u8>> = batch.iter().map(|one| one.bytes.clone()).collect();
        self.ask("기록 고쳐 쓰기", ANSWER_WITHIN, async move |up| {
            let mut whole = up.begin().await?;
            let held: Option<(i64,)> =
                sqlx::query_as("SELECT fence FROM coc_lease WHERE id = 1 AND fence = $1 FOR SHARE")
                    .bind(fence)
                    .fetch_optional(&mut *whole)
                    .await?;
            let all = seqs.len() as u64;
            let done = sqlx::query(
                "UPDATE coc_record SET body = new.body
                 FROM unnest($1::bigint[], $2::bytea[], $3::bytea[]) AS new(seq, hash, body)
                 WHERE coc_record.seq = new.seq AND coc_record.hash = new.hash",
            )
            .bind(seqs)
            .bind(hashes)
            .bind(bodies)
            .execute(&mut *whole)
            .await?;
            if held.is_none() || done.rows_affected() != all {
                return Err(Trouble::Taken);
            }
            whole.commit().await?;
            Ok(())
        })
    }

    fn drop_copies(&mut self) -> Result<(), StoreError> {
        self.ask("스냅샷과 사본 지우기", ANSWER_WITHIN, async |up| {
            sqlx::query("DELETE FROM coc_snapshot").execute(&mut *up).await?;
            // what was answered is in the journal
            sqlx::query("DELETE FROM coc_inbox WHERE answer IS NOT NULL").execute(up).await?;
            Ok(())
        })
    }
}
