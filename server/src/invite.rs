//! `webpool invite`: makes, lists, shows and revokes invites, also while a server uses the folder.
//!
//! An invite's link is the page's address with the secret behind `#`, which browsers send to nobody.
//! It is printed once, first of all, for programs: the secret is not kept.

use std::path::Path;
use std::process::ExitCode;

use webpool_colony::Timestamp;
use webpool_registrar::{
    Error as RegistrarError, Invite, InviteId, Member, MemberState, NewInvite, Registrar, Standing,
    Tally, Token,
};

use crate::authority::ServerUrl;
use crate::cli::{Create, Invite as Command};
use crate::config::{BROKER_TYPE, named_colony, suggested_type};
use crate::console::say;
use crate::data::{self, Last};
use crate::environment::last_server;
use crate::error::Error;
use crate::keyring::Keyring;
use crate::{clock, table};

const ON_THIS_MACHINE: &str = "
  This address is of this machine only. For others name the one by which they reach the page: --url";

/// Does what was asked for and says it.
///
/// # Errors
///
/// A data folder that cannot be used, an invite that cannot be made so or that is not there.
pub(crate) fn run(command: &Command, data: &Path) -> Result<ExitCode, Error> {
    match command {
        Command::Create(arguments) => create(arguments, data)?,
        Command::List => list(data)?,
        Command::Show { id } => show(id, data)?,
        Command::Revoke { id } => revoke(id, data)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn create(arguments: &Create, data: &Path) -> Result<(), Error> {
    let page = page(arguments, data)?;
    let (colony, suggested) = colony(data)?;
    let now_ms = clock::now_ms();
    let lasts_ms =
        arguments.expires.map(|time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
    let new = NewInvite {
        label: arguments.label.clone(),
        colony,
        executor_type: arguments.executor_type.clone().unwrap_or(suggested),
        name_prefix: arguments.name_prefix.clone(),
        uses: arguments.uses,
        at_once: arguments.at_once,
        expires_ms: lasts_ms.map(|lasts| now_ms.saturating_add(lasts)),
    };
    // Nothing is made for an invite that cannot be.
    new.check(now_ms).map_err(Error::BadInvite)?;
    let failed = |source| failed(data, source);
    let registrar = Registrar::open(&data::make_registrar(data)?).map_err(failed)?;
    let (invite, token) = registrar.create(&new, now_ms).map_err(failed)?;
    say(link(&page, &token));
    say("");
    say(format_args!("  This is the link of the invite {}; it is not shown again.", invite.id));
    say(format_args!("  {}", limits(&invite)));
    if page.is_loopback() {
        say(ON_THIS_MACHINE);
    }
    Ok(())
}

/// The link of an invite to the page at `page`.
pub(crate) fn link(page: &ServerUrl, token: &Token) -> String {
    format!("{page}/#invite={}", token.to_text())
}

/// Where volunteers find the page.
fn page(arguments: &Create, data: &Path) -> Result<ServerUrl, Error> {
    match (&arguments.url, data::remembered(data)) {
        (Some(url), _) => Ok(url.clone()),
        (None, Some(Last::Colonies(server))) => Err(Error::NoPage(server)),
        (None, Some(Last::Broker { .. }) | None) => Ok(last_server(data)),
    }
}

/// The colony of the data folder, and the type that a page suggests for its executors.
fn colony(data: &Path) -> Result<(String, String), Error> {
    if let Some(Last::Colonies(_)) = data::remembered(data) {
        let colony = named_colony();
        let suggested = suggested_type(&colony);
        return Ok((colony, suggested));
    }
    Ok((Keyring::open(data)?.colony, BROKER_TYPE.to_owned()))
}

fn list(data: &Path) -> Result<(), Error> {
    let invites = match open(data)? {
        Some(registrar) => registrar.list().map_err(|source| failed(data, source))?,
        None => Vec::new(),
    };
    if invites.is_empty() {
        say("There are no invites: `webpool invite create` makes one.");
        return Ok(());
    }
    let now_ms = clock::now_ms();
    let head = ["ID", "STATE", "VISITS", "EXECUTORS", "EXPIRES", "COLONY", "TYPE", "LABEL"];
    let rows = invites.iter().map(|standing| {
        let Invite { id, terms, .. } = &standing.invite;
        [
            id.to_string(),
            state(standing, now_ms).to_owned(),
            visits(standing),
            executors(standing),
            expiry(&standing.invite),
            terms.colony.clone(),
            terms.executor_type.clone().unwrap_or_default(),
            standing.invite.label.clone(),
        ]
    });
    let rows: Vec<_> = std::iter::once(head.map(str::to_owned)).chain(rows).collect();
    say(table::columns(&rows));
    Ok(())
}

fn show(id: &InviteId, data: &Path) -> Result<(), Error> {
    let failed = |source| failed(data, source);
    let unknown = || Error::NoInvite(id.clone());
    let registrar = open(data)?.ok_or_else(unknown)?;
    let standing = registrar.show(id).map_err(failed)?.ok_or_else(unknown)?;
    let members = registrar.members_of(Some(id)).map_err(failed)?;
    let Standing { invite, tally, .. } = &standing;
    let lines = [
        ("invite", invite.id.to_string()),
        ("label", invite.label.clone()),
        ("state", state(&standing, clock::now_ms()).to_owned()),
        ("colony", invite.terms.colony.clone()),
        ("type", invite.terms.executor_type.clone().unwrap_or_default()),
        ("prefix", invite.terms.name_prefix.clone()),
        ("made", moment(invite.created_ms)),
        ("expires", expiry(invite)),
        ("visits", visits(&standing)),
        ("executors", executors(&standing)),
        ("processes", sum(tally)),
    ];
    say(table::columns(&lines.map(|(name, text)| [name.to_owned(), text])));
    if !members.is_empty() {
        say("");
        say(table::columns(&rows(&members)));
    }
    Ok(())
}

fn rows(members: &[Member]) -> Vec<[String; 5]> {
    let head = ["NAME", "STATE", "LAST HEARD", "PROCESSES", "HOLDS"].map(str::to_owned);
    let row = |member: &Member| {
        let state = match member.state {
            MemberState::Joining => "joining",
            MemberState::Joined => "joined",
            MemberState::Leaving => "leaving",
        };
        let holds = member.holds.as_ref().map(|held| held.process_id.clone());
        [
            member.name.clone(),
            state.to_owned(),
            moment(member.heard_ms),
            sum(&member.tally),
            holds.unwrap_or_default(),
        ]
    };
    std::iter::once(head).chain(members.iter().map(row)).collect()
}

fn revoke(id: &InviteId, data: &Path) -> Result<(), Error> {
    let unknown = || Error::NoInvite(id.clone());
    let registrar = open(data)?.ok_or_else(unknown)?;
    let revoked = registrar.revoke(id, clock::now_ms());
    let members = revoked.map_err(|source| failed(data, source))?.ok_or_else(unknown)?;
    say(format_args!("The invite {id} is revoked: nobody joins by it any more."));
    match members.len() {
        0 => say("Nobody was there by it."),
        count => say(format_args!("{count} of its executors and visitors are to leave.")),
    }
    Ok(())
}

/// The registrar of a data folder; none if nobody was ever invited there.
fn open(data: &Path) -> Result<Option<Registrar>, Error> {
    let path = data::registrar(data);
    if !path.exists() {
        return Ok(None);
    }
    Registrar::open(&path).map(Some).map_err(|source| failed(data, source))
}

fn failed(data: &Path, source: RegistrarError) -> Error {
    Error::Registrar { path: data.to_owned(), source }
}

/// Whether a visit can begin by an invite: `open`, `revoked`, `expired` or `used-up`.
pub(crate) fn state(standing: &Standing, now_ms: i64) -> &'static str {
    match standing.invite.admits(standing.used, false, now_ms) {
        Ok(()) => "open",
        Err(refusal) => refusal.code().as_code().trim_end_matches("-invite"),
    }
}

/// What an invite allows, in one sentence.
pub(crate) fn limits(invite: &Invite) -> String {
    let visits = match invite.uses {
        None => "any number of visits".to_owned(),
        Some(1) => "1 visit".to_owned(),
        Some(uses) => format!("{uses} visits"),
    };
    let at_once = invite.terms.at_once;
    let end = match invite.expires_ms {
        None => "for ever".to_owned(),
        Some(end) => format!("until {}", moment(end)),
    };
    format!("It is good for {visits}, with {at_once} executors at the same time, {end}.")
}

fn visits(standing: &Standing) -> String {
    let used = standing.used;
    standing.invite.uses.map_or_else(|| used.to_string(), |uses| format!("{used} of {uses}"))
}

fn executors(standing: &Standing) -> String {
    format!("{} of {}", standing.present, standing.invite.terms.at_once)
}

fn expiry(invite: &Invite) -> String {
    invite.expires_ms.map_or_else(|| "never".to_owned(), moment)
}

fn sum(tally: &Tally) -> String {
    let Tally { done, failed, given_back } = tally;
    format!("{done} done, {failed} failed, {given_back} given back")
}

/// A moment, to the second.
pub(crate) fn moment(ms: i64) -> String {
    let seconds = u64::try_from(ms).unwrap_or_default() / 1000;
    Timestamp::from_unix_ns(seconds.saturating_mul(1_000_000_000)).to_string()
}
