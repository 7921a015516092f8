//! The registrar: invites, visits, who was let in, and the colony owner's key.
//!
//! It decides and remembers, in one `SQLite` file. It sends nothing: what it signs, and whom it
//! wants taken off, is carried out by the server.
//!
//! - [`registrar`]: the handle: open, invite, admit, enlist, and what becomes of members
//! - [`invite`]: what an invite allows
//! - [`member`]: who was let in, and what they are called
//! - [`token`]: the secrets, and what is kept of them
//! - [`owner`]: the owner's key, and the registrar's own to read with
//! - [`error`]: what can go wrong, and why somebody is not let in
//! - `store`: all SQL
//!
//! ```
//! use webpool_registrar::{NewInvite, Registrar};
//!
//! # let folder = std::env::temp_dir().join(format!("webpool-registrar-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! let registrar = Registrar::open(&folder.join("registrar.sqlite"))?;
//! let new = NewInvite {
//!     label: "The lab invites Ada".to_owned(),
//!     colony: "dev".to_owned(),
//!     executor_type: "wasm".to_owned(),
//!     name_prefix: "ada-".to_owned(),
//!     uses: Some(1),
//!     at_once: 8,
//!     expires_ms: None,
//! };
//! let now_ms = 1_800_000_000_000;
//! let (invite, token) = registrar.create(&new, now_ms)?;
//! let (token, visit) = (token.to_text(), "0".repeat(32));
//! let admission = registrar.admit("dev", &token, &visit, now_ms)?;
//! assert_eq!(admission.invite(), Some(&invite.id));
//! assert!(registrar.admit("dev", &token, &"1".repeat(32), now_ms).is_err());
//! # drop(registrar);
//! # std::fs::remove_dir_all(folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Not here: the network, a clock, a private key of an executor.

pub mod error;
pub mod invite;
pub mod member;
pub mod owner;
pub mod registrar;
mod store;
pub mod token;

pub use error::{BadInvite, Error, Refusal};
pub use invite::{Invite, Look, NewInvite, Standing, Terms};
pub use member::{Ban, Held, Member, MemberState, NewMember, Outcome, Tally};
pub use owner::{Owner, Reader};
pub use registrar::{Admission, Registrar};
pub use token::{Digest, InviteId, Token};
