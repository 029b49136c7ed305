//! A workspace as the desk's books have it.

use super::workspace::Workspace;
use crate::domain::books::ReadBooks;
use crate::domain::ids::Name;
use crate::domain::policy::GroupRef;
use std::collections::BTreeSet;

/// COC operators of the practice workspace.
const OPERATORS: [(&str, &str); 2] = [("goyunseul", "고윤슬"), ("onnuri", "온누리")];

/// Who comes from elsewhere: AWS's TAM.
pub(super) const GUESTS: [(&str, &str); 1] = [("sondaon", "손다온")];

/// A workspace with the desk's channels and groups, the guide's people, the customers' SA and CSR, and two COC operators,
/// and AWS's TAM.
#[must_use]
pub fn furnished(read: &ReadBooks) -> Workspace {
    let mut workspace = Workspace::new();
    let names = &read.policy.channels;
    for (name, purpose) in [
        (&names.general, "CSR과 COC가 긴급 요청을 주고받는 곳"),
        (&names.noti, "티켓 배정과 당직 알림"),
        (&names.unlink, "강제 링크 해지"),
        (&names.tam, "AWS TAM [REQ]"),
    ] {
        workspace.add_channel(name.trim_start_matches('#'), purpose);
    }
    let mut known = BTreeSet::new();
    for (nth, person) in read.roster.people.iter().enumerate() {
        let made_up = format!("ts{}@example.co.kr", nth + 1);
        let email = person.email.as_deref().unwrap_or(&made_up);
        workspace.add_user(handle_of(email), person.name.as_str(), email);
        known.insert(person.name.clone());
    }
    let mut members = |workspace: &mut Workspace, prefix: &str, names: Vec<Name>| {
        let mut ids = Vec::new();
        for name in names {
            if known.insert(name.clone()) {
                let nth = ids.len() + 1;
                let email = format!("{prefix}{nth}@example.com");
                ids.push(workspace.add_user(handle_of(&email), name.as_str(), &email));
            }
        }
        ids
    };
    let customers = &read.customers.0;
    let csr = customers.iter().filter_map(|one| one.csr.clone()).collect();
    let sa = customers.iter().flat_map(|one| [one.sa_primary.clone(), one.sa_backup.clone()]);
    let csr = members(&mut workspace, "csr", csr);
    let sa = members(&mut workspace, "sa", sa.flatten().collect());
    let coc = OPERATORS
        .iter()
        .map(|(handle, name)| workspace.add_user(handle, name, &format!("{handle}@example.co.kr")))
        .collect();
    for (handle, name) in GUESTS {
        workspace.add_user(handle, name, &format!("{handle}@aws.example.com"));
    }
    let groups = &read.policy.groups;
    for (group, people) in [(&groups.coc, coc), (&groups.csr, csr), (&groups.sa, sa)] {
        if let GroupRef::Handle(handle) = group {
            let handle = handle.trim_start_matches('@');
            workspace.add_group(handle, handle, &people);
        }
    }
    workspace
}

fn handle_of(email: &str) -> &str {
    email.split('@').next().unwrap_or(email)
}
