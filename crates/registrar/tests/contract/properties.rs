//! In whatever order things happen, over whichever connection: no invite is used more often, and by
//! no more at the same time, than it says, and who has not gone is remembered.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use webpool_registrar::{Ban, Error, InviteId, MemberState, NewInvite, Registrar};

use super::fixture::{COLONY, Fixture, NOW, executor, mark, plain};

const USES: u32 = 3;
const AT_ONCE: u32 = 4;

/// What may happen; the numbers say to which visit or executor.
#[derive(Clone, Copy, Debug)]
enum Step {
    Come(u32, u32),
    Settled(u32),
    Leaving(u32),
    Gone(u32),
    Ban(u32),
    Revoke,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let executor = || 0..8_u32;
    prop_oneof![
        12 => (0..5_u32, executor()).prop_map(|(visit, executor)| Step::Come(visit, executor)),
        4 => executor().prop_map(Step::Settled),
        4 => executor().prop_map(Step::Leaving),
        4 => executor().prop_map(Step::Gone),
        1 => executor().prop_map(Step::Ban),
        1 => Just(Step::Revoke),
        1 => Just(Step::Restart),
    ]
}

/// What is known to be so.
#[derive(Debug, Default)]
struct Model {
    visits: BTreeSet<u32>,
    banned: BTreeSet<u32>,
    /// Executors that have not gone: the visit, and whether it is leaving.
    members: BTreeMap<u32, (u32, bool)>,
    is_revoked: bool,
}

impl Model {
    fn present(&self) -> usize {
        self.members.values().filter(|(_, is_leaving)| !is_leaving).count()
    }

    /// Whether somebody is let in, and what follows.
    fn come(&mut self, visit: u32, executor: u32) -> bool {
        let is_full = self.visits.len() >= usize::try_from(USES).unwrap();
        if self.is_revoked || self.banned.contains(&visit) {
            return false;
        }
        if !self.visits.contains(&visit) && is_full {
            return false;
        }
        self.visits.insert(visit);
        if let Some(member) = self.members.get(&executor) {
            return *member == (visit, false);
        }
        let has_room = self.present() < usize::try_from(AT_ONCE).unwrap();
        if has_room {
            self.members.insert(executor, (visit, false));
        }
        has_room
    }

    fn dismiss(&mut self, is_meant: impl Fn(u32, u32) -> bool) {
        for (executor, (visit, is_leaving)) in &mut self.members {
            *is_leaving |= is_meant(*executor, *visit);
        }
    }

    fn ban(&mut self, executor: u32) {
        if let Some((visit, _)) = self.members.get(&executor).copied() {
            self.banned.insert(visit);
            self.dismiss(|_, other| other == visit);
        }
    }
}

fn come(registrar: &Registrar, token: &str, visit: u32, number: u32) -> Result<(), Error> {
    let admission = registrar.admit(COLONY, token, &mark(visit), NOW)?;
    registrar.enlist(&admission, &executor(number), NOW).map(drop)
}

fn take(registrar: &Registrar, model: &mut Model, invite: &InviteId, token: &str, step: Step) {
    match step {
        Step::Come(visit, number) => {
            let is_let_in = match come(registrar, token, visit, number) {
                Ok(()) => true,
                Err(Error::Refused(_)) => false,
                Err(error) => panic!("{error}"),
            };
            assert_eq!(is_let_in, model.come(visit, number));
        }
        Step::Settled(number) => registrar.settled(&executor(number).id).unwrap(),
        Step::Leaving(number) => {
            registrar.leaving(&executor(number).id).unwrap();
            model.dismiss(|other, _| other == number);
        }
        Step::Gone(number) => {
            registrar.gone(&executor(number).id).unwrap();
            model.members.remove(&number);
        }
        Step::Ban(number) => {
            registrar.ban(&executor(number).id, Ban::Visit, NOW).unwrap();
            model.ban(number);
        }
        Step::Revoke => {
            registrar.revoke(invite, NOW).unwrap();
            model.is_revoked = true;
            model.dismiss(|_, _| true);
        }
        Step::Restart => {}
    }
}

fn check(registrar: &Registrar, model: &Model, invite: &InviteId) {
    let standing = registrar.show(invite).unwrap().unwrap();
    assert!(standing.used <= USES && standing.present <= AT_ONCE, "{standing:?}");
    assert_eq!(usize::try_from(standing.used).unwrap(), model.visits.len());
    assert_eq!(usize::try_from(standing.present).unwrap(), model.present());
    let members = registrar.members(COLONY).unwrap();
    let known: BTreeMap<_, _> = members
        .into_iter()
        .map(|member| (member.id.to_string(), member.state == MemberState::Leaving))
        .collect();
    let expected: BTreeMap<_, _> = model
        .members
        .iter()
        .map(|(number, (_, is_leaving))| (executor(*number).id.to_string(), *is_leaving))
        .collect();
    assert_eq!(known, expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    #[test]
    fn limits_hold_in_any_order(
        steps in proptest::collection::vec((step(), any::<bool>()), 1..60)
    ) {
        let mut fixture = Fixture::new();
        let (invite, token) = fixture.invite(&NewInvite { uses: Some(USES), ..plain(AT_ONCE) });
        let mut model = Model::default();
        let mut other = fixture.again();
        for (step, is_other) in steps {
            if matches!(step, Step::Restart) {
                fixture.restart();
                other = fixture.again();
            }
            let registrar = if is_other { &other } else { &fixture.registrar };
            take(registrar, &mut model, &invite.id, &token, step);
            check(&fixture.registrar, &model, &invite.id);
        }
    }
}
