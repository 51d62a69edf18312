//! Recovery codes: each takes the place of the second factor once, for who has lost the phone.

use domain::{
    label::Label,
    problem::{Problem, ProblemKind},
};
use store::{account::Account, device};

use super::{
    notice::{Event, tell},
    password,
    session::hold,
    sign_in::Authenticated,
};
use crate::{App, Ctx, Work};

/// So many are made at once.
const CODES: usize = 10;

/// 32 signs, five bits each: nothing that is taken for another.
const SIGNS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

/// Signs in a code: 80 bits, which nobody guesses.
const LENGTH: usize = 16;

/// The signs of what looks like a recovery code: `abcd-efgh-…`, with or without dashes.
pub(super) fn read(text: &str) -> Option<String> {
    let signs: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let ours = signs.bytes().all(|b| SIGNS.contains(&b));
    (signs.len() == LENGTH && ours).then_some(signs)
}

/// What is kept of a code: a mark that only the program's key makes, so that one that was put
/// into the database, or given to another account, opens nothing.
fn kept(app: &App, account: &Account, code: &str) -> String {
    let account = account.id.to_string();
    app.keys.mark("recovery-code", &[&account, code])
}

/// Uses a code up and tells the owner; false where the account has no such code.
pub(super) async fn spend(
    app: &App,
    work: &mut Work,
    account: &Account,
    code: &str,
) -> Result<bool, Problem> {
    let right = device::use_recovery(work, account.id, &kept(app, account, code)).await?;
    if right {
        tell(app, work, account, Event::RecoveryUsed, "").await?;
    }
    Ok(right)
}

/// Makes new codes in place of the old ones. They are shown once; only marks are kept.
///
/// # Errors
/// Denied without a second factor; unavailable.
pub async fn make(app: &App, ctx: &Ctx, me: &Authenticated) -> Result<Vec<String>, Problem> {
    let mut work = app.begin_own(ctx).await?;
    let account = hold(&mut work, me).await?;
    if account.totp_since.is_none() {
        return Err(Problem::new(
            ProblemKind::Denied,
            Label::new(
                "Chưa bật xác thực hai bước",
                "The second factor is not set up",
            ),
            account.login,
            Label::new(
                "Bật xác thực hai bước trước; mã dự phòng dùng khi mất điện thoại.",
                "Set it up first; recovery codes are for a lost phone.",
            ),
        ));
    }
    let mut codes = Vec::with_capacity(CODES);
    for _ in 0..CODES {
        let mut bytes = [0u8; LENGTH];
        getrandom::fill(&mut bytes).map_err(|_| Problem::internal("random"))?;
        let code: String = (bytes.iter())
            .map(|b| char::from(SIGNS[usize::from(b % 32)]))
            .collect();
        codes.push(code);
    }
    let hashes: Vec<String> = codes.iter().map(|code| kept(app, &account, code)).collect();
    device::set_recovery(&mut work, account.id, &hashes).await?;
    tell(app, &mut work, &account, Event::RecoveryMade, "").await?;
    work.commit().await?;
    let dashed = |code: &String| {
        let parts = [&code[..4], &code[4..8], &code[8..12], &code[12..]];
        parts.join("-")
    };
    Ok(codes.iter().map(dashed).collect())
}

/// How many codes the caller has left; none without a second factor.
///
/// # Errors
/// Unavailable.
pub async fn left(app: &App, me: &Authenticated) -> Result<Option<i64>, Problem> {
    if password::load(app, me.account).await?.totp_since.is_none() {
        return Ok(None);
    }
    device::recovery_left(&app.db, me.account)
        .await
        .map(Some)
        .map_err(Problem::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_type_them() {
        let read = |text| super::read(text);
        assert_eq!(
            read(" ABCD-efgh-jkmn-2345 ").as_deref(),
            Some("abcdefghjkmn2345")
        );
        assert_eq!(
            read("abcd efgh jkmn 2345").as_deref(),
            Some("abcdefghjkmn2345")
        );
        assert_eq!(read("123456"), None);
        assert_eq!(read("abcdefghjkmn234l"), None, "no l: it looks like a 1");
        assert_eq!(
            SIGNS
                .iter()
                .collect::<std::collections::BTreeSet<_>>()
                .len(),
            32
        );
    }
}
