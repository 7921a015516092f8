//! What one click does: an invite revoked, an executor removed, a visit banned.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use tokio::task::block_in_place;
use tokio::time::Instant;
use webpool_colony::Id;
use webpool_registrar::{Error, InviteId, Token};

use super::entrance::Operator;
use super::words::number;
use super::{Desks, PATH, Shared, broken};

/// What a ban does not do.
const ANEW: &str =
    "Who opens the page anew begins another visit: revoke the invite to keep them out.";

pub(super) async fn revoke(
    State(shared): Desks,
    Operator(secret): Operator,
    Path(id): Path<String>,
) -> Response {
    let revoked = match InviteId::from_text(&id) {
        Some(id) => block_in_place(|| shared.desk.office.revoke(&id)),
        None => Ok(None),
    };
    let said = revoked.map(|revoked| match revoked {
        None => "There is no such invite.".to_owned(),
        Some(0) => "The invite is revoked. Nobody was here by it.".to_owned(),
        Some(1) => "The invite is revoked: the one who came by it leaves, and what it held waits \
                    again."
            .to_owned(),
        Some(gone) => format!(
            "The invite is revoked: all {} who came by it leave, and what they held waits again.",
            number(gone)
        ),
    });
    back_saying(&shared, &secret, said)
}

pub(super) async fn remove(
    State(shared): Desks,
    Operator(secret): Operator,
    Path(id): Path<String>,
) -> Response {
    let removed = block_in_place(|| shared.desk.office.send_away(&Id::from_text(id)));
    let said = removed.map(|member| match member {
        None => "It has gone already.".to_owned(),
        Some(member) => format!(
            "{} leaves, and what it held waits again. Its page may send another: a ban ends the \
             whole visit.",
            member.name
        ),
    });
    back_saying(&shared, &secret, said)
}

pub(super) async fn ban(
    State(shared): Desks,
    Operator(secret): Operator,
    Path(id): Path<String>,
) -> Response {
    let banned = block_in_place(|| shared.desk.office.ban(&Id::from_text(id)));
    let said = banned.map(|gone| match gone {
        0 => "It has gone already, so its visit could not be banned.".to_owned(),
        1 => format!(
            "The visit is banned: its executor leaves, and what it held waits again. {ANEW}"
        ),
        gone => format!(
            "The visit is banned: all {} of it leave, and what they held waits again. {ANEW}",
            number(gone)
        ),
    });
    back_saying(&shared, &secret, said)
}

/// Leads back to the list, which says what came of a click.
fn back_saying(shared: &Arc<Shared>, secret: &Token, said: Result<String, Error>) -> Response {
    match said {
        Ok(sentence) => {
            shared.sessions.say(secret, &sentence, Instant::now());
            Redirect::to(PATH).into_response()
        }
        Err(error) => broken(&error),
    }
}
