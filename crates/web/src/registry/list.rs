//! The index of nouns, and the list of one.

use app::{
    Ctx,
    registry::{self, RecordQuery, sortable},
};
use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use domain::{
    authority::Role,
    noun, parse,
    problem::{Problem, ProblemKind},
    schema::{Kind, Schema, Storage},
};

use super::{
    cell, may_write,
    page::{BookFilters, Filter, Head, Index, List, NounRow, Row},
};
use crate::{
    cx::Cx,
    http::{self, Fault, Form, Param, Params, Reader, misasked, query},
    paging::Pages,
    server::Web,
};

const SIZE: usize = 50;

/// The media type of a workbook.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// `GET /registry`.
pub async fn index(State(web): State<Web>, reader: Reader) -> Result<Response, Fault> {
    let library = web.app.library();
    let cx = reader.cx;
    let nouns = registry::totals(&web.app, &reader.ctx, noun::all()).await?;
    let books = registry::totals(&web.app, &reader.ctx, library.registers.values()).await?;
    let row = |(schema, total): (&Schema, i64)| NounRow {
        code: schema.noun.clone(),
        icon: schema.icon.clone().unwrap_or_default(),
        title: cx.l(&schema.plural),
        about: cx.l(&schema.describes),
        total: Some(total),
    };
    let groups = [("registry-nouns", nouns), ("registry-books", books)]
        .map(|(title, totals)| (cx.t(title), totals.into_iter().map(row).collect()))
        .into();
    let open = app::claim::count_open(&web.app, &reader.ctx).await?;
    let open = (open > 0).then(|| cx.tn("claims-open", open));
    let shared = app::share::received(&web.app, &reader.ctx).await?.len();
    let shared = (shared > 0).then(|| cx.tn("shares-open", shared));
    Ok(http::Page(Index {
        cx,
        open,
        shared,
        groups,
    })
    .into_response())
}

/// What a list of records takes, on its page, in the API and for an export.
pub fn declared(schema: &Schema) -> Vec<Param> {
    let mut all = vec![
        Param::new("q", Form::Text, "words to find; diacritics do not matter"),
        Param::new(
            "sort",
            Form::Sort(sortable(schema).map(|f| f.name.clone()).collect()),
            "a field; - before it for downwards",
        ),
        Param::new("offset", Form::Number(0, FAR), "how many to skip"),
    ];
    for field in &schema.fields {
        let form = match field.kind {
            Kind::Choice => Form::OneOf(field.choices.keys().cloned().collect()),
            Kind::Boolean => Form::Flag,
            Kind::Ip => Form::Ip,
            Kind::Reference | Kind::Code => Form::Text,
            _ if field.name == "period" => Form::Text,
            _ => continue,
        };
        all.push(Param::new(&field.name, form, &field.label.en));
    }
    if schema.storage == Storage::Entry {
        all.push(Param::new("since", Form::Day, "entries from this day on"));
        all.push(Param::new("until", Form::Day, "entries up to this day"));
    }
    all
}

/// The farthest that a list is skipped.
const FAR: u64 = 1_000_000_000;

/// What the parameters of a list, of its export or of the API ask for: `q`, `sort`
/// (with `-` before the field for downwards), `offset`, a value for any field, and for a
/// book `since` and `until`. References may be given by a key of the other noun.
///
/// # Errors
/// 400 for what is not [`declared`] nor in `more`; not found for a reference to nothing.
pub async fn asked(
    web: &Web,
    ctx: &Ctx,
    schema: &Schema,
    params: &Params,
    more: &[Param],
    limit: usize,
) -> Result<RecordQuery, Fault> {
    let mut declared = declared(schema);
    declared.extend_from_slice(more);
    params.hold(&declared)?;
    let of_a_field = |(name, _): &&(String, String)| schema.field(name).is_some();
    let given: Vec<_> = params.0.iter().filter(of_a_field).cloned().collect();
    let filters = registry::narrow(&web.app, ctx, schema, &given).await;
    let filters = filters.map_err(misread)?;
    let sort = params.get("sort");
    let field = sort.strip_prefix('-').unwrap_or(sort);
    let day = |name: &str| parse::date(params.get(name)).map(|day| day.to_string());
    Ok(RecordQuery {
        days: (day("since"), day("until")),
        search: params.get("q").to_owned(),
        filters,
        sort: schema
            .field(field)
            .map(|field| (field.name.clone(), sort.starts_with('-'))),
        offset: i64::try_from(params.number("offset")).unwrap_or(0),
        limit: i64::try_from(limit).unwrap_or(50),
    })
}

/// A parameter that cannot be read, or names several: 400.
fn misread(problem: Problem) -> Fault {
    match problem.kind {
        ProblemKind::Invalid => misasked(problem.fields),
        _ => problem.into(),
    }
}

/// What a page takes beside: the message after something was done, and where its form leads back.
fn of_a_page() -> [Param; 1] {
    [Param::new("done", Form::Text, "")]
}

/// What a book is for and how it is kept.
fn rules(cx: &Cx, web: &Web, schema: &Schema) -> Vec<(String, String)> {
    let mut rules = Vec::new();
    let mut add = |key: &str, words: String| {
        if !words.is_empty() {
            rules.push((cx.t(key), words));
        }
    };
    let join = |words: Vec<String>| words.join("; ");
    let roles = |roles: &[Role]| join(roles.iter().map(|role| cx.l(role.label())).collect());
    let library = web.app.library();
    let fulfils = library.fulfilled_by(&schema.noun);
    add(
        "book-fulfils",
        join(fulfils.iter().map(|control| cx.l(&control.title)).collect()),
    );
    add("book-writers", roles(&schema.writers));
    add("book-readers", roles(&schema.readers));
    add("book-shared", roles(&schema.shared_with));
    if let Some(years) = schema.keep_years {
        add("book-kept", cx.tn("book-years", i64::from(years)));
    }
    rules
}

fn heads(cx: &Cx, schema: &Schema, params: &Params) -> Vec<Head> {
    let others = params.without(&["sort", "offset", "done"]);
    let sort = params.get("sort");
    schema
        .list_fields()
        .map(|field| {
            let order = match sort.strip_prefix('-') {
                Some(name) if name == field.name => Some("descending"),
                None if sort == field.name => Some("ascending"),
                _ => None,
            };
            let next = if order == Some("ascending") { "-" } else { "" };
            let joint = if others.is_empty() { "" } else { "&" };
            let sorts = sortable(schema).any(|f| f.name == field.name);
            let href = format!("?{others}{joint}sort={next}{}", field.name);
            Head {
                text: cx.l(&field.label),
                href: if sorts { href } else { String::new() },
                order,
                number: cell::is_number(field.kind),
            }
        })
        .collect()
}

fn filters(cx: &Cx, schema: &Schema, params: &Params) -> Vec<Filter> {
    schema
        .list_fields()
        .filter(|field| field.kind == Kind::Choice)
        .map(|field| Filter {
            name: field.name.clone(),
            label: cx.l(&field.label),
            choices: field
                .choices
                .iter()
                .map(|(code, label)| (code.clone(), cx.l(label), code == params.get(&field.name)))
                .collect(),
        })
        .collect()
}

/// `GET /registry/{noun}`.
pub async fn list(
    State(web): State<Web>,
    reader: Reader,
    Path(noun): Path<String>,
    params: Params,
) -> Result<Response, Fault> {
    let schema = web.app.schema(&noun)?;
    let params = params.filled();
    let asked = asked(&web, &reader.ctx, &schema, &params, &of_a_page(), SIZE).await?;
    let page = registry::list(&web.app, &reader.ctx, &noun, &asked).await?;
    let titles = registry::reference_titles(&web.app, &schema, &page.records).await?;
    let cx = reader.cx;
    let total = usize::try_from(page.total).unwrap_or(0);
    let kept = params.without(&["offset", "done"]);
    let path = format!("/registry/{noun}");
    Ok(http::Page(List {
        icon: schema.icon.clone().unwrap_or_default(),
        here: format!("{path}?{}", params.without(&["done"])),
        query_string: if kept.is_empty() {
            String::new()
        } else {
            format!("?{kept}")
        },
        q: params.get("q").to_owned(),
        narrowed: !asked.search.is_empty()
            || !asked.filters.is_empty()
            || asked.days != (None, None),
        book: (schema.storage == Storage::Entry).then(|| BookFilters {
            since: asked.days.0.clone().unwrap_or_default(),
            until: asked.days.1.clone().unwrap_or_default(),
            period: schema
                .field("period")
                .map(|_| params.get("period").to_owned()),
            organization: params.get("organization").to_owned(),
        }),
        rules: rules(&cx, &web, &schema),
        may_write: may_write(&cx, &schema),
        filters: filters(&cx, &schema, &params),
        heads: heads(&cx, &schema, &params),
        rows: page
            .records
            .iter()
            .map(|record| Row {
                id: record.id.to_string(),
                cells: schema
                    .list_fields()
                    .map(|field| cell::of(&cx, field, record, &titles))
                    .collect(),
            })
            .collect(),
        pages: Pages::new(&cx, &path, &kept, params.number("offset"), SIZE, total),
        schema: (*schema).clone(),
        cx,
    })
    .into_response())
}

/// What an export takes: all that the query finds.
async fn every(
    web: &Web,
    reader: &Reader,
    noun: &str,
    params: &Params,
) -> Result<RecordQuery, Fault> {
    let schema = web.app.schema(noun)?;
    let more = of_a_page();
    Ok(RecordQuery {
        offset: 0,
        ..asked(web, &reader.ctx, &schema, params, &more, 1_000_000).await?
    })
}

/// `GET /registry/{noun}/export.csv` and the same of the API: in the form that imports again.
pub async fn export(
    State(web): State<Web>,
    reader: Reader,
    Path(noun): Path<String>,
    params: Params,
) -> Result<Response, Fault> {
    let every = every(&web, &reader, &noun, &params).await?;
    let _turn = web.app.turn(&reader.ctx).await?;
    let csv = registry::export_csv(&web.app, &reader.ctx, &noun, &every).await?;
    Ok(csv_file(&noun, csv))
}

/// `GET /registry/{noun}/export.xlsx` and the same of the API: as a workbook.
pub async fn export_xlsx(
    State(web): State<Web>,
    reader: Reader,
    Path(noun): Path<String>,
    params: Params,
) -> Result<Response, Fault> {
    let every = every(&web, &reader, &noun, &params).await?;
    let _turn = web.app.turn(&reader.ctx).await?;
    let xlsx = registry::export_xlsx(&web.app, &reader.ctx, &noun, &every).await?;
    Ok(xlsx_file(&noun, xlsx))
}

/// A workbook to be saved.
fn xlsx_file(name: &str, xlsx: Vec<u8>) -> Response {
    (
        [
            (header::CONTENT_TYPE, XLSX.to_owned()),
            (
                header::CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}.xlsx\""),
            ),
        ],
        xlsx,
    )
        .into_response()
}

/// A CSV file to be saved.
pub fn csv_file(name: &str, csv: Vec<u8>) -> Response {
    (
        [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
            (
                header::CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}.csv\""),
            ),
        ],
        csv,
    )
        .into_response()
}

/// The list of a noun, narrowed as the form that leads back says.
pub fn list_path(noun: &str, organization: &str) -> String {
    if organization.is_empty() {
        format!("/registry/{noun}")
    } else {
        format!(
            "/registry/{noun}?{}",
            query([("organization", organization)])
        )
    }
}
