//! The board: where browsers reach it (`COC_PUBLIC_URL`, else the address listened at), and the key of its sessions: in the state folder,
//! or in the database that several nodes share.

use super::phone::{PUBLIC, PUBLIC_EXAMPLE};
use crate::adapters::http::Base;
use crate::cli::out;
use crate::cli::settings::setting;
use crate::ports::Clock;
use crate::web::doors::{Doors, KEY};
use ring::rand::{SecureRandom, SystemRandom};
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

/// The file in the state folder; without it everybody who was let in asks for a link anew.
const FILE: &str = "board.key";

/// The key that this state folder keeps.
pub(crate) fn key(state: &Path) -> Result<[u8; KEY], String> {
    let path = state.join(FILE);
    match kept(&path) {
        Ok(key) => Ok(key),
        Err(error) => {
            out::note(&format!(
                "⚠️ {}: 관제 화면의 열쇠를 쓸 수 없습니다 ({error}).\n다시 시작하면 관제 화면에 /coc board로 다시 들어와야 합니다.",
                path.display()
            ));
            fresh().map_err(|error| error.to_string())
        }
    }
}

/// Doors for practice: nobody comes back after it.
pub(crate) fn practice(clock: Arc<dyn Clock>) -> Result<Arc<Doors>, String> {
    let key = fresh().map_err(|error| error.to_string())?;
    Ok(Arc::new(Doors::new(&key, clock)))
}

/// A key that nobody had.
pub(crate) fn fresh() -> io::Result<[u8; KEY]> {
    let mut key = [0; KEY];
    SystemRandom::new().fill(&mut key).map_err(|_| io::Error::other("난수를 얻을 수 없음"))?;
    Ok(key)
}

/// The key of the file, which is made if it is missing. It is its owner's alone.
fn kept(path: &Path) -> io::Result<[u8; KEY]> {
    match std::fs::read(path) {
        Ok(bytes) => bytes.try_into().map_err(|_| io::Error::other("길이가 다름")),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let key = fresh()?;
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            file.write_all(&key)?;
            file.sync_all()?;
            Ok(key)
        }
        Err(error) => Err(error),
    }
}

/// The address that links lead to.
pub(crate) fn address(listening: SocketAddr) -> String {
    let public = match setting(PUBLIC) {
        Ok(Some(url)) => Base::read(&url, PUBLIC_EXAMPLE).map_err(|error| error.to_string()),
        Ok(None) => return here(listening),
        Err(error) => Err(error.to_string()),
    };
    match public {
        Ok(base) => base.at(""),
        Err(why) => {
            out::note(&format!(
                "⚠️ {PUBLIC}: {why}\n관제 화면의 링크는 {}(으)로 만듭니다.",
                here(listening)
            ));
            here(listening)
        }
    }
}

/// Whoever listens on every address is reached on this machine at least.
pub(crate) fn here(listening: SocketAddr) -> String {
    let mut at = listening;
    if at.ip().is_unspecified() {
        at.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    format!("http://{at}")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_key_is_its_owner_s_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let key = kept(&path).unwrap();
        assert_eq!(kept(&path).unwrap(), key);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(&path, b"short").unwrap();
        assert!(kept(&path).is_err());
    }

    #[test]
    fn an_address_that_is_every_one_is_this_machine_s() {
        assert_eq!(here("0.0.0.0:3000".parse().unwrap()), "http://127.0.0.1:3000");
        assert_eq!(here("10.0.0.7:80".parse().unwrap()), "http://10.0.0.7:80");
    }
}
