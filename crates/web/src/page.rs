//! A page as the program around it sees it: [`Page`], declared in the page's own folder.
//!
//! Router, menu, guard, triggers of live parts and the API's description are made from the
//! declarations; nothing else lists pages.

use std::fmt;

use app::live::Topic;
use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRequestParts as _, Request, State},
    handler::Handler,
    http::Method,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::{MethodRouter, delete, get, patch, post, put},
};
use domain::authority::{Actor, Permission};
use policy::Library;

use crate::{
    http::{Fault, Reader},
    operation::Operation,
    server::Web,
};

/// A page, with what lies below it and what it adds to the API.
#[derive(Debug)]
pub struct Page {
    /// Its address.
    pub path: &'static str,
    /// Its entry in the menu; none for a page that others lead to.
    pub menu: Option<Menu>,
    /// Who comes in, at all of its routes.
    pub need: Need,
    /// What changes beneath it while it is open: its live parts fetch themselves again.
    pub topics: &'static [Topic],
    /// Its routes.
    pub routes: fn() -> Routes,
}

/// An entry of the menu.
#[derive(Clone, Copy, Debug)]
pub struct Menu {
    /// A name in the sprite.
    pub icon: &'static str,
    /// The key of its word.
    pub word: &'static str,
    /// What stands at the head of every page: how much waits there for the reader.
    pub waits: Option<Waits>,
}

/// How much waits for the reader on a page.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    /// The address of the fragment that says it.
    pub path: &'static str,
    /// The key of the words for it.
    pub word: &'static str,
}

impl Menu {
    /// An entry.
    pub const fn new(icon: &'static str, word: &'static str) -> Self {
        Self {
            icon,
            word,
            waits: None,
        }
    }

    /// With what stands at the head of every page.
    #[must_use]
    pub const fn waits(self, path: &'static str, word: &'static str) -> Self {
        Self {
            waits: Some(Waits { path, word }),
            ..self
        }
    }
}

/// Who comes in. Whose records are shown then, use cases decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Anybody; the handlers look at what the request carries.
    Nothing,
    /// Whoever is signed in all the way.
    SignIn,
    /// Whoever may do this somewhere.
    May(Permission),
}

impl Page {
    /// Whether somebody comes in.
    pub fn opens_for(&self, actor: Option<&Actor>) -> bool {
        match self.need {
            Need::Nothing => true,
            Need::SignIn => actor.is_some(),
            Need::May(permission) => actor.is_some_and(|actor| actor.may(permission)),
        }
    }

    /// Who comes in at one of its routes. A program's token may hold as little as it needs: at the
    /// routes of the API use cases decide alone.
    pub fn need_at(&self, path: &str) -> Need {
        match self.need {
            Need::May(_) if path.starts_with("/api/") => Need::SignIn,
            need => need,
        }
    }

    /// The value of `hx-trigger` for a part that shows all topics of the page.
    pub fn live(&self) -> String {
        trigger(self.topics)
    }

    /// The same for a part that shows some of them.
    pub fn live_on(&self, topics: impl AsRef<[Topic]>) -> String {
        let topics = topics.as_ref();
        debug_assert!(topics.iter().all(|topic| self.topics.contains(topic)));
        trigger(topics)
    }

    /// Its routes, behind its guard.
    pub fn router(&'static self, web: &Web) -> Router<Web> {
        let router = (self.routes)().router;
        if self.need == Need::Nothing {
            return router;
        }
        router.route_layer(from_fn_with_state((web.clone(), self), guard))
    }
}

fn trigger(topics: &[Topic]) -> String {
    let each = topics
        .iter()
        .map(|topic| format!("live:{} from:body", topic.name()));
    each.collect::<Vec<_>>().join(", ")
}

/// Lets in whom the page lets in; its handlers get the [`Reader`] who was found.
async fn guard(
    State((web, page)): State<(Web, &'static Page)>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let reader = match Reader::from_request_parts(&mut parts, &web).await {
        Ok(reader) => reader,
        Err(not_yet) => return not_yet.into_response(),
    };
    if let Need::May(permission) = page.need_at(parts.uri.path())
        && let Err(denied) = reader.ctx.actor.scope(permission)
    {
        return Fault::from(denied).into_response();
    }
    parts.extensions.insert(reader);
    next.run(Request::from_parts(parts, body)).await
}

/// One route.
#[derive(Debug)]
pub struct Route {
    /// Its method; GET answers HEAD, too.
    pub method: Method,
    /// Its address, with `{names}`.
    pub path: &'static str,
    /// What the description of the API says of it. Routes with `{noun}` are described from the
    /// schemas, pages are not.
    pub said: Option<fn(&Library) -> Operation>,
}

/// The routes of a page: as axum has them, and as they can be listed.
#[derive(Default)]
pub struct Routes {
    router: Router<Web>,
    listed: Vec<Route>,
}

impl Routes {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a GET.
    #[must_use]
    pub fn get<H: Handler<T, Web>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.on(Method::GET, path, get(handler))
    }

    /// Adds a POST.
    #[must_use]
    pub fn post<H: Handler<T, Web>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.on(Method::POST, path, post(handler))
    }

    /// Adds a POST whose handler bounds by itself what it reads: files.
    #[must_use]
    pub fn files<H: Handler<T, Web>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        let unbounded = post(handler).layer(DefaultBodyLimit::disable());
        self.on(Method::POST, path, unbounded)
    }

    /// Adds a PUT.
    #[must_use]
    pub fn put<H: Handler<T, Web>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.on(Method::PUT, path, put(handler))
    }

    /// Adds a PATCH.
    #[must_use]
    pub fn patch<H: Handler<T, Web>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.on(Method::PATCH, path, patch(handler))
    }

    /// Adds a DELETE.
    #[must_use]
    pub fn delete<H: Handler<T, Web>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.on(Method::DELETE, path, delete(handler))
    }

    fn on(mut self, method: Method, path: &'static str, handler: MethodRouter<Web>) -> Self {
        self.router = self.router.route(path, handler);
        self.listed.push(Route {
            method,
            path,
            said: None,
        });
        self
    }

    /// Says what the description of the API says of the route added last.
    #[must_use]
    pub fn says(mut self, said: fn(&Library) -> Operation) -> Self {
        if let Some(last) = self.listed.last_mut() {
            last.said = Some(said);
        }
        self
    }

    /// Bounds the bodies of all routes so far, bytes.
    #[must_use]
    pub fn within(mut self, bytes: usize) -> Self {
        self.router = self.router.layer(DefaultBodyLimit::max(bytes));
        self
    }

    /// Adds another's routes.
    #[must_use]
    pub fn merge(mut self, other: Routes) -> Self {
        self.router = self.router.merge(other.router);
        self.listed.extend(other.listed);
        self
    }

    /// The routes as a list.
    pub fn list(&self) -> &[Route] {
        &self.listed
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.listed.fmt(f)
    }
}
