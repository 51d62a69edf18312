//! All pages, in the order of the menu.

use axum::Router;
use axum::http::Method;

use crate::{
    admin, api, assets, auth, calendar, claim, compliance, document, flow, inspection, journal,
    live, log, network, overview,
    page::{Need, Page},
    proof, registry, search,
    server::Web,
    share, unit,
};

/// The pages.
pub static ALL: &[&Page] = &[
    &overview::PAGE,
    &unit::PAGE,
    &compliance::PAGE,
    &inspection::PAGE,
    &flow::PAGE,
    &calendar::PAGE,
    &network::PAGE,
    &log::PAGE,
    &document::PAGE,
    &registry::PAGE,
    &journal::PAGE,
    &admin::ACCOUNTS,
    &admin::SETTINGS,
    &search::PAGE,
    &share::PAGE,
    &claim::PAGE,
    &proof::PAGE,
    &auth::ME,
    &auth::SIGN_IN,
    &calendar::FEED,
    &api::PAGE,
    &api::HEALTH,
];

/// What is neither counted nor dressed nor bounded as pages are.
pub static BESIDE: &[&Page] = &[&live::PAGE, &assets::PAGE];

/// The routes of some pages.
pub fn router(pages: &'static [&'static Page], web: &Web) -> Router<Web> {
    let each = pages.iter().map(|page| page.router(web));
    each.fold(Router::new(), Router::merge)
}

/// Every route with who comes in: what tests go over.
pub fn routes() -> Vec<(Need, Method, &'static str)> {
    let pages = ALL.iter().chain(BESIDE);
    let each = pages.flat_map(|page| {
        let routes = (page.routes)();
        let listed = routes.list().iter();
        let listed = listed.map(|route| {
            let need = page.need_at(route.path);
            (need, route.method.clone(), route.path)
        });
        listed.collect::<Vec<_>>()
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    #[test]
    fn every_page_has_its_own_address() {
        let mut seen = BTreeSet::new();
        for page in ALL.iter().chain(BESIDE) {
            let routes = (page.routes)();
            let own = |route: &&crate::page::Route| route.path == page.path;
            assert!(routes.list().iter().any(|r| own(&r)), "{}", page.path);
            assert!(seen.insert(page.path), "{} stands twice", page.path);
        }
    }

    /// A part that is live says so by the topics of its page.
    #[test]
    fn no_template_names_a_topic_by_itself() {
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let text = fs::read_to_string(&path).unwrap();
                    assert!(!text.contains("live:"), "{}", path.display());
                }
            }
        }
    }
}
