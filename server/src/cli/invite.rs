//! What can be typed after `webpool invite`.

use std::time::Duration;

use clap::{Args, Subcommand};
use webpool_registrar::InviteId;
use webpool_registrar::invite::{MOST_AT_ONCE, MOST_USES};

use super::{ServerUrl, name};

/// The most executors at the same time unless told otherwise: as many as one page may have.
pub(crate) const AT_ONCE: u32 = 64;

/// `webpool invite`.
#[derive(Debug, Subcommand)]
pub(crate) enum Invite {
    /// Make an invite and print its link, which cannot be shown again
    Create(Create),
    /// List all invites
    List,
    /// Show one invite, and who is there by it
    Show {
        /// The invite, as `list` calls it
        #[arg(value_name = "ID", value_parser = id)]
        id: InviteId,
    },
    /// Revoke an invite: nobody joins by it any more, and who has is taken off
    Revoke {
        /// The invite, as `list` calls it
        #[arg(value_name = "ID", value_parser = id)]
        id: InviteId,
    },
}

/// `webpool invite create`.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Who invites whom: shown to the volunteer
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) label: String,
    /// How many visits there may be, a visit being one page load and its reloads; without it any
    /// number
    #[arg(long, value_name = "N", value_parser = count(MOST_USES))]
    pub(crate) uses: Option<u32>,
    /// How many executors there may be at the same time
    #[arg(long, value_name = "N", default_value_t = AT_ONCE, value_parser = count(MOST_AT_ONCE))]
    pub(crate) at_once: u32,
    /// After how long no visit may begin any more, for example 12h or 7d; without it never
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) expires: Option<Duration>,
    /// The only type its executors may have; without it what a page suggests for that server:
    /// `wasm` with the embedded broker, else `wasm-` and the colony's name
    #[arg(long = "type", value_name = "TYPE", value_parser = name)]
    pub(crate) executor_type: Option<String>,
    /// What the names of its executors begin with
    #[arg(long, value_name = "PREFIX", default_value = "")]
    pub(crate) name_prefix: String,
    /// The page's address as volunteers reach it; without it where it was last served with this
    /// data folder
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<ServerUrl>,
}

fn count(most: u32) -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=i64::from(most))
}

fn id(text: &str) -> Result<InviteId, String> {
    let wrong = || "an invite is called by 8 letters and digits".to_owned();
    InviteId::from_text(text).ok_or_else(wrong)
}

fn time(text: &str) -> Result<Duration, String> {
    let wrong = || "allowed is a number and s, m, h, d or w, for example 12h or 7d".to_owned();
    let (last, _) = text.char_indices().next_back().ok_or_else(wrong)?;
    let (number, unit) = text.split_at(last);
    let unit_s = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        "w" => 7 * 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let number = number.parse::<u32>().ok().filter(|number| *number > 0).ok_or_else(wrong)?;
    u64::from(number).checked_mul(unit_s).map(Duration::from_secs).ok_or_else(wrong)
}
