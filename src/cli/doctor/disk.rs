//! On what the journal would stand: not every file system keeps what it says that it has kept.

use super::{Check, State};
use std::path::Path;

const WHAT: &str = "상태 폴더의 디스크";

/// File systems that are no place for a journal, by the number that Linux gives them.
const DOUBTFUL: [(u64, &str, Why); 11] = [
    (0x6969, "nfs", Why::Shared),
    (0x517B, "smb", Why::Shared),
    (0xFF53_4D42, "cifs", Why::Shared),
    (0xFE53_4D42, "smb2", Why::Shared),
    (0x6573_5546, "fuse", Why::Shared),
    (0x0102_1997, "9p", Why::Shared),
    (0x00C3_6400, "ceph", Why::Shared),
    (0x5346_414F, "afs", Why::Shared),
    (0x0102_1994, "tmpfs", Why::Memory),
    (0x8584_58F6, "ramfs", Why::Memory),
    (0x794C_7630, "overlayfs", Why::Container),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// Locks and flushes are another machine's word.
    Shared,
    /// Gone with the power.
    Memory,
    /// Gone with the container.
    Container,
}

/// `there`: the state folder, or where it would be made.
pub(super) fn check(there: &Path) -> Check {
    let (state, text) = match rustix::fs::statfs(there) {
        Err(error) => (
            State::Untried,
            format!("{}: 파일 시스템을 알 수 없습니다 ({error}).", there.display()),
        ),
        Ok(about) => judged(number(i128::from(about.f_type))),
    };
    Check { what: WHAT, state, text }
}

/// The kind as Linux's headers write it: 32 bits, however wide and however signed the field is here.
fn number(kind: i128) -> u64 {
    u64::try_from(kind & 0xFFFF_FFFF).unwrap_or_default()
}

fn judged(kind: u64) -> (State, String) {
    let Some((_, name, why)) = DOUBTFUL.iter().find(|(number, ..)| *number == kind) else {
        return (State::Ok, "이 컴퓨터의 디스크입니다.".to_owned());
    };
    let said = match why {
        Why::Shared => format!(
            "{name}입니다. 네트워크나 FUSE의 파일 시스템은 잠금과 기록을 보장하지 못할 수 있습니다. 이 컴퓨터의 디스크로 옮겨 주십시오."
        ),
        Why::Memory => {
            format!("{name}입니다. 컴퓨터를 다시 켜면 저널이 사라집니다. 디스크로 옮겨 주십시오.")
        }
        Why::Container => format!(
            "{name}입니다. 컨테이너를 새로 만들면 저널이 사라집니다. 볼륨을 연결해 주십시오."
        ),
    };
    (State::Doubt, said)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn shares_and_memory_are_doubted_and_disks_are_not() {
        for (kind, words) in
            [(0x6969, "nfs"), (0x0102_1994, "tmpfs"), (0x794C_7630, "볼륨을 연결해")]
        {
            let (state, text) = judged(number(kind));
            assert!(state == State::Doubt && text.contains(words), "{text}");
        }
        // cifs as a field of 32 signed bits has it
        assert!(judged(number(i128::from(-0x00AC_B2BE_i32))).1.contains("cifs"));
        for disk in [0xEF53, 0x5846_5342, 0x9123_683E] {
            assert!(judged(number(disk)).0 == State::Ok);
        }
        let here = tempfile::tempdir().unwrap();
        assert!(check(here.path()).state != State::Untried);
        assert!(check(Path::new("/no/such/place")).state == State::Untried);
    }
}
