//! What reached a node that stands by, on its way to the one that leads: durable before its sender hears of it, taken in order, at
//! least once. The desk knows each delivery by its name, so a second taking changes nothing.

use super::{ANSWER_WITHIN, Line, Trouble, failed, options};
use crate::domain::input::Input;
use crate::domain::message::{Answer, FieldError};
use crate::journal::StoreError;
use std::fmt;
use tokio::sync::Mutex;

/// So many are taken at once.
const TOGETHER: i64 = 64;

/// The inbox of a database.
pub struct Inbox {
    line: Mutex<Line>,
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}

impl Inbox {
    /// The inbox of the database of this address, whose tables are there.
    ///
    /// # Errors
    /// When the address cannot be read.
    pub fn new(url: &str) -> Result<Self, StoreError> {
        let line = Line { options: options(url)?, connection: None };
        Ok(Self { line: Mutex::new(line) })
    }

    /// Puts something in; it is durable when this returns. Gives the number under which its answer is found.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn put(&self, input: &Input) -> Result<i64, StoreError> {
        let body = serde_json::to_vec(input)
            .map_err(|_| Trouble::Unreadable("coc_inbox"))
            .map_err(failed("넘겨줄 입력"))?;
        let mut line = self.line.lock().await;
        line.ask(ANSWER_WITHIN, async |up| {
            let (id,): (i64,) =
                sqlx::query_as("INSERT INTO coc_inbox (body) VALUES ($1) RETURNING id")
                    .bind(body)
                    .fetch_one(up)
                    .await?;
            Ok(id)
        })
        .await
        .map_err(failed("넘겨줄 입력"))
    }

    /// What waits to be taken, in order, but for what stands under these numbers. `None`: this program cannot read it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn waiting(&self, passed: &[i64]) -> Result<Vec<(i64, Option<Input>)>, StoreError> {
        let mut line = self.line.lock().await;
        line.ask(ANSWER_WITHIN, async |up| {
            let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
                "SELECT id, body FROM coc_inbox WHERE answer IS NULL AND id <> ALL ($2)
                 ORDER BY id LIMIT $1",
            )
            .bind(TOGETHER)
            .bind(passed)
            .fetch_all(up)
            .await?;
            let read = |(id, body): (i64, Vec<u8>)| (id, serde_json::from_slice(&body).ok());
            Ok(rows.into_iter().map(read).collect())
        })
        .await
        .map_err(failed("넘겨받을 입력"))
    }

    /// It is taken, and answered so. What was answered a while ago is thrown away.
    ///
    /// # Errors
    /// When the database does not take it; it is taken once more then.
    pub async fn answer(&self, id: i64, answer: &Answer) -> Result<(), StoreError> {
        let errors: &[FieldError] = match answer {
            Answer::Nothing => &[],
            Answer::Errors(errors) => errors,
        };
        let body = serde_json::to_vec(errors)
            .map_err(|_| Trouble::Unreadable("coc_inbox"))
            .map_err(failed("입력의 답"))?;
        let mut line = self.line.lock().await;
        line.ask(ANSWER_WITHIN, async |up| {
            sqlx::query("UPDATE coc_inbox SET answer = $2 WHERE id = $1")
                .bind(id)
                .bind(body)
                .execute(&mut *up)
                .await?;
            sqlx::query(
                "DELETE FROM coc_inbox
                 WHERE answer IS NOT NULL AND put_at < clock_timestamp() - interval '10 minutes'",
            )
            .execute(up)
            .await?;
            Ok(())
        })
        .await
        .map_err(failed("입력의 답"))
    }

    /// The answer, once the leader gave one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn answer_of(&self, id: i64) -> Result<Option<Answer>, StoreError> {
        let mut line = self.line.lock().await;
        line.ask(ANSWER_WITHIN, async |up| {
            let row: Option<(Option<Vec<u8>>,)> =
                sqlx::query_as("SELECT answer FROM coc_inbox WHERE id = $1")
                    .bind(id)
                    .fetch_optional(up)
                    .await?;
            let Some(body) = row.and_then(|(answer,)| answer) else { return Ok(None) };
            let errors: Vec<FieldError> =
                serde_json::from_slice(&body).map_err(|_| Trouble::Unreadable("coc_inbox"))?;
            Ok(Some(if errors.is_empty() { Answer::Nothing } else { Answer::Errors(errors) }))
        })
        .await
        .map_err(failed("입력의 답"))
    }
}
