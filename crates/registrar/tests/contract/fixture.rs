//! A registrar in a folder of its own, and those who come to it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use webpool_colony::Id;
use webpool_registrar::{
    Admission, Error, Invite, Member, NewInvite, NewMember, Refusal, Registrar, Terms,
};
use webpool_wire::link::LinkRole;

pub(crate) const NOW: i64 = 1_800_000_000_000;

pub(crate) const COLONY: &str = "dev";

/// A folder with a registrar's file, removed in the end.
pub(crate) struct Fixture {
    pub(crate) registrar: Registrar,
    pub(crate) path: PathBuf,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("webpool-registrar-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("registrar.sqlite");
        Self { registrar: Registrar::open(&path).unwrap(), path }
    }

    /// The same file, opened once more.
    pub(crate) fn again(&self) -> Registrar {
        Registrar::open(&self.path).unwrap()
    }

    /// Closes the file and opens it anew.
    pub(crate) fn restart(&mut self) {
        self.registrar = self.again();
    }

    pub(crate) fn invite(&self, new: &NewInvite) -> (Invite, String) {
        let (invite, token) = self.registrar.create(new, NOW).unwrap();
        (invite, token.to_text())
    }

    pub(crate) fn admit(&self, token: &str, visit: u32) -> Admission {
        self.registrar.admit(COLONY, token, &mark(visit), NOW).unwrap()
    }

    /// A member by an invite, joined.
    pub(crate) fn member(&self, token: &str, visit: u32, number: u32) -> Member {
        let admission = self.admit(token, visit);
        let member = self.registrar.enlist(&admission, &executor(number), NOW).unwrap();
        self.registrar.settled(&member.id).unwrap();
        self.registrar.member(&member.id).unwrap().unwrap()
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        std::fs::remove_dir_all(self.path.parent().unwrap()).ok();
    }
}

/// An invite without limits but one: so many executors.
pub(crate) fn plain(at_once: u32) -> NewInvite {
    NewInvite {
        label: "The lab invites Ada".to_owned(),
        colony: COLONY.to_owned(),
        executor_type: "wasm".to_owned(),
        name_prefix: String::new(),
        uses: None,
        at_once,
        expires_ms: None,
    }
}

/// Who comes without an invite.
pub(crate) fn local(at_once: u32) -> Terms {
    Terms { colony: COLONY.to_owned(), executor_type: None, name_prefix: String::new(), at_once }
}

/// The mark of a visit.
pub(crate) fn mark(visit: u32) -> String {
    format!("{visit:032x}")
}

/// An executor with an id of its own.
pub(crate) fn executor(number: u32) -> NewMember {
    let id = format!("{number:08x}{}", "0".repeat(56));
    NewMember {
        name: format!("tab-{number}-{number:08x}"),
        id: Id::from_text(id),
        executor_type: "wasm".to_owned(),
        colony: COLONY.to_owned(),
        role: LinkRole::Executor,
    }
}

/// The client worker of a page.
pub(crate) fn visitor(number: u32) -> NewMember {
    let name = format!("tab-page-{number:08x}");
    NewMember { name, executor_type: String::new(), role: LinkRole::Visitor, ..executor(number) }
}

/// Why somebody is not let in.
pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> Refusal {
    let error = result.unwrap_err();
    let Error::Refused(refusal) = error else { panic!("{error}") };
    refusal
}
