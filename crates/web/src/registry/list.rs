//! The index of nouns, and the list of one.

use app::registry::{self, RecordQuery};
use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use domain::{
    noun,
    schema::{Kind, Schema},
};

use super::{
    cell, may_write,
    page::{Filter, Head, Index, List, NounRow, Row},
};
use crate::{
    cx::Cx,
    http::{self, Fault, Params, Reader, query},
    paging::Pages,
    server::Web,
};

const SIZE: usize = 50;

/// `GET /registry`.
pub async fn index(State(web): State<Web>, reader: Reader) -> Result<Response, Fault> {
    let library = web.app.library();
    let cx = reader.cx;
    let one = RecordQuery {
        limit: 1,
        ..RecordQuery::default()
    };
    let mut groups = Vec::new();
    let registry: Vec<&Schema> = noun::all().iter().collect();
    let books: Vec<&Schema> = library
        .registers
        .values()
        .filter(|book| reader.ctx.actor.reads(book).is_ok())
        .collect();
    for (title, schemas) in [("registry-nouns", registry), ("registry-books", books)] {
        let mut rows = Vec::new();
        for schema in schemas {
            let total = registry::list(&web.app, &reader.ctx, &schema.noun, &one)
                .await?
                .total;
            rows.push(NounRow {
                code: schema.noun.clone(),
                icon: schema.icon.clone().unwrap_or_default(),
                title: cx.l(&schema.plural),
                about: cx.l(&schema.describes),
                total: Some(total),
            });
        }
        groups.push((cx.t(title), rows));
    }
    Ok(http::Page(Index { cx, groups }).into_response())
}

/// What the parameters of a list, of its export or of the API ask for: `q`, `sort`
/// (with `-` before the field for downwards), `offset`, and a value for any field.
pub fn record_query(schema: &Schema, params: &Params, limit: usize) -> RecordQuery {
    let sort = params.get("sort");
    let filters = schema
        .fields
        .iter()
        .filter(|field| {
            matches!(
                field.kind,
                Kind::Choice | Kind::Reference | Kind::Boolean | Kind::Code | Kind::Ip
            )
        })
        .map(|field| (field.name.clone(), params.get(&field.name).to_owned()))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let field = sort.trim_start_matches('-');
    RecordQuery {
        search: params.get("q").to_owned(),
        filters,
        sort: schema
            .field(field)
            .map(|field| (field.name.clone(), sort.starts_with('-'))),
        offset: i64::try_from(params.number("offset")).unwrap_or(0),
        limit: i64::try_from(limit).unwrap_or(50),
    }
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
            Head {
                text: cx.l(&field.label),
                href: format!("?{others}{joint}sort={next}{}", field.name),
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
    let asked = record_query(&schema, &params, SIZE);
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
        narrowed: !asked.search.is_empty() || !asked.filters.is_empty(),
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

/// `GET /registry/{noun}/export.csv`: all that the query finds, in the form that imports again.
pub async fn export(
    State(web): State<Web>,
    reader: Reader,
    Path(noun): Path<String>,
    params: Params,
) -> Result<Response, Fault> {
    let schema = web.app.schema(&noun)?;
    let asked = RecordQuery {
        offset: 0,
        ..record_query(&schema, &params, 1_000_000)
    };
    let csv = registry::export_csv(&web.app, &reader.ctx, &noun, &asked).await?;
    Ok(csv_file(&noun, csv))
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
