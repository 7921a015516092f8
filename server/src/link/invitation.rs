//! `POST /link/invite`: what an invite is about, before anybody comes by it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse as _, Response};
use webpool_registrar::{Invite, Look};
use webpool_wire::invite::Invitation;

use super::Office;

/// The longest secret, in bytes.
const MAX_TOKEN_BYTES: usize = 256;

/// Shows what the secret in the body stands for. It is not used up.
pub(super) async fn show(State(office): State<Office>, token: String) -> Response {
    if token.len() > MAX_TOKEN_BYTES {
        return (StatusCode::PAYLOAD_TOO_LARGE, "this is no secret of an invite\n").into_response();
    }
    match office.look(token.trim()) {
        Ok(look) => {
            ([(CACHE_CONTROL, "no-store")], Json(to_invitation(look, office.visitors_submit())))
                .into_response()
        }
        Err(error) => {
            tracing::error!("an invite cannot be looked up: {error}");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

fn to_invitation(look: Look, submit: bool) -> Invitation {
    let refused = look.refusal.map(|refusal| refusal.to_refused());
    let mut invitation = look.invite.map(describe).unwrap_or_default();
    invitation.submit = submit;
    if let Some(refused) = refused {
        invitation.refusal = Some(refused.code);
        invitation.reason = refused.reason;
    }
    invitation
}

fn describe(invite: Invite) -> Invitation {
    Invitation {
        label: invite.label,
        colony: invite.terms.colony,
        executor_type: invite.terms.executor_type.unwrap_or_default(),
        name_prefix: invite.terms.name_prefix,
        at_once: invite.terms.at_once,
        expires_at_ms: invite.expires_ms.map(to_float),
        ..Invitation::default()
    }
}

/// A time as a page counts it.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "ms since 1970 are exact in a float for a hundred thousand years"
)]
const fn to_float(ms: i64) -> f64 {
    ms as f64
}
