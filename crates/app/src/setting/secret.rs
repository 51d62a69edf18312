//! Secrets among the settings: sealed with the installation's key, never shown.

use domain::id::OrganizationId;
use serde_json::Value;

use super::spec;
use crate::{App, keyring::Keyring};

/// Whether a setting is a secret.
pub(super) fn is_secret(key: &str) -> bool {
    spec(key).is_some_and(|s| s.secret)
}

/// What a secret is sealed about: one setting's cannot be passed off as another's.
pub(super) fn sealed_about(key: &str, province: Option<OrganizationId>) -> String {
    let province = province.map_or_else(String::new, |p| p.to_string());
    format!("setting {key} {province}")
}

/// A value as it is kept: JSON, a secret sealed.
pub(super) fn kept(
    keys: &Keyring,
    key: &str,
    province: Option<OrganizationId>,
    value: &Value,
) -> std::io::Result<String> {
    match value {
        Value::String(secret) if is_secret(key) && !secret.is_empty() => {
            let sealed = keys.seal_text(&sealed_about(key, province), secret)?;
            Ok(Value::from(sealed).to_string())
        }
        value => Ok(value.to_string()),
    }
}

/// Seals secrets that an earlier version of the program kept as they are.
pub(crate) async fn seal_old(app: &App) -> Result<(), store::StoreError> {
    let settings = app.settings();
    if !settings.plain {
        return Ok(());
    }
    let all = (settings.values.iter().map(|kept| (None, kept)))
        .chain((settings.own.iter()).flat_map(|(p, all)| all.iter().map(|kept| (Some(*p), kept))));
    let mut work = app.begin_program().await?;
    let now = work.now();
    for (province, (key, value)) in all.filter(|(_, (key, _))| is_secret(key)) {
        match kept(&app.keys, key, province, value) {
            Ok(sealed) => store::setting::set(&mut work, province, key, &sealed, now).await?,
            Err(error) => tracing::error!(%error, key, "a secret could not be sealed"),
        }
    }
    work.commit().await?;
    tracing::info!("the secrets among the settings are sealed now");
    Ok(())
}
