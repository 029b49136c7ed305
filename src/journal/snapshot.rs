//! Snapshots: a header line that says what the rest is, and the state as JSON.

use super::digest::Digest;
use super::store::{Store, StoredRecord};
use super::{JournalError, Snapshot, Tail};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use tracing::warn;

/// The layout of snapshots written now.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Header {
    v: u32,
    schema: String,
    seq: u64,
    hash: Digest,
    body: Digest,
}

impl Header {
    const fn check_reach(&self, tail: Tail) -> Result<(), JournalError> {
        if self.seq > tail.seq {
            return Err(JournalError::Lost { last: tail.seq, known: self.seq });
        }
        Ok(())
    }
}

/// Why a snapshot is of no use.
#[derive(Debug, thiserror::Error)]
enum Useless {
    #[error("머리글을 읽을 수 없습니다")]
    Header,
    #[error("형식이 v{0}입니다")]
    Version(u32),
    #[error("스키마가 \"{0}\"입니다")]
    Schema(String),
    #[error("내용이 해시와 맞지 않습니다")]
    Altered,
    #[error("저널에 없는 기록에서 만들어졌습니다")]
    Stranger,
    #[error("내용을 읽을 수 없습니다 ({column}번째 글자)")]
    State { column: usize },
}

/// A snapshot's bytes.
pub(super) fn pack<D: Serialize>(
    tail: Tail,
    schema: &str,
    state: &D,
) -> Result<Vec<u8>, serde_json::Error> {
    let body = serde_json::to_vec(state)?;
    let header = Header {
        v: FORMAT,
        schema: schema.to_owned(),
        seq: tail.seq,
        hash: tail.hash,
        body: Digest::of(&body),
    };
    let mut bytes = serde_json::to_vec(&header)?;
    bytes.push(b'\n');
    bytes.extend(body);
    Ok(bytes)
}

/// No snapshot that is whole may reach further than the journal.
pub(super) fn check_reach<S: Store + ?Sized>(store: &S, tail: Tail) -> Result<(), JournalError> {
    for seq in store.snapshots()? {
        if let Ok(bytes) = store.snapshot(seq)
            && let Ok((header, _body)) = open(&bytes)
        {
            header.check_reach(tail)?;
        }
    }
    Ok(())
}

/// The newest of these snapshots that holds, if one does, and how long it is. Those of no use are named in the log.
pub(super) fn newest<S: Store, D: DeserializeOwned>(
    store: &S,
    listed: &[u64],
    tail: Tail,
    schema: &str,
) -> Result<Option<(Snapshot<D>, u64)>, JournalError> {
    for &seq in listed {
        let bytes = match store.snapshot(seq) {
            Ok(bytes) => bytes,
            Err(error) => {
                warn!(seq, %error, "스냅샷을 읽을 수 없어 건너뜁니다");
                continue;
            }
        };
        let (header, body) = match open(&bytes) {
            Ok(opened) => opened,
            Err(why) => {
                warn!(seq, %why, "스냅샷을 쓰지 않고 저널을 더 앞에서부터 읽습니다");
                continue;
            }
        };
        // Whatever its schema, it bears witness to how far the journal went.
        header.check_reach(tail)?;
        match read(store, seq, &header, schema, body)? {
            Ok(state) => return Ok(Some((Snapshot { seq, state }, bytes.len() as u64))),
            Err(why) => warn!(seq, %why, "스냅샷을 쓰지 않고 저널을 더 앞에서부터 읽습니다"),
        }
    }
    Ok(None)
}

/// Takes a snapshot apart. The header's own fields are each checked against something else.
fn open(bytes: &[u8]) -> Result<(Header, &[u8]), Useless> {
    let end = bytes.iter().position(|&byte| byte == b'\n').ok_or(Useless::Header)?;
    let (head, body) = (&bytes[..end], &bytes[end + 1..]);
    let header: Header = serde_json::from_slice(head).map_err(|_| Useless::Header)?;
    if header.v != FORMAT {
        return Err(Useless::Version(header.v));
    }
    if Digest::of(body) != header.body {
        return Err(Useless::Altered);
    }
    Ok((header, body))
}

fn read<S: Store, D: DeserializeOwned>(
    store: &S,
    seq: u64,
    header: &Header,
    schema: &str,
    body: &[u8],
) -> Result<Result<D, Useless>, JournalError> {
    if header.schema != schema {
        return Ok(Err(Useless::Schema(header.schema.clone())));
    }
    let mut found: Option<StoredRecord> = None;
    if seq > 0 {
        store.read(seq, &mut |stored| {
            found = Some(stored);
            ControlFlow::Break(())
        })?;
    }
    let (there, hash) = found.map_or((0, Digest::START), |stored| (stored.seq, stored.hash));
    if header.seq != seq || there != seq || hash != header.hash {
        return Ok(Err(Useless::Stranger));
    }
    let state = serde_json::from_slice(body);
    Ok(state.map_err(|error| Useless::State { column: error.column() }))
}
