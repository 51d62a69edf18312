//! What lies on an office's desk: letterheads, an inspection under way with findings due this
//! month, and papers in each of their states.

use app::{
    App, Ctx, assess, attachment,
    document::{self, Begin, Signed, Writing},
    inspection::{self, Raised},
    registry::{self, RecordQuery},
};
use domain::{id::OrganizationId, record::Record};

use super::province::{self, Unit};

/// The inspection's code.
const ROUND: &str = "KT-XA-01";

/// Makes them, on the last day of the history.
pub async fn make(app: &App) -> anyhow::Result<()> {
    let units = province::units();
    let communes: Vec<&Unit> = units
        .iter()
        .filter(|u| u.kind == "people-committee")
        .take(8)
        .collect();
    let mut heads = String::from(
        "organization,signer,recipients\nKHCN,Nguyễn Minh Khoa,\"Lưu: VT, CĐS\"\nVPTU,Lê Ngọc Châu,\n",
    );
    for (commune, signer) in communes.iter().zip(["Trần Văn Nam", "Phạm Thị Lan"]) {
        heads.push_str(&format!("{},{signer},\n", commune.code));
    }
    province::load(app, "letterhead", &heads).await?;
    let ctx = Ctx::console(app.clock.now_ms());
    let (papers, inspected) = communes.split_at(4);
    inspect(app, &ctx, inspected).await?;
    write(app, &ctx, papers).await?;
    assess::evaluate(app, true).await?;
    Ok(())
}

/// Three communes are being inspected: some items are answered, some deviate.
async fn inspect(app: &App, ctx: &Ctx, units: &[&Unit]) -> anyhow::Result<()> {
    let today = app.clock.today();
    let codes: Vec<&str> = units.iter().map(|u| u.code.as_str()).collect();
    let round = format!(
        "code,name,occasion,organization,regulation,clauses,units,starts_on\n\
         {ROUND},Kiểm tra xã phường đợt 1,planned,KHCN,vinh-long-26-2019,\"12, 13\",\"{}\",{today}\n",
        codes.join(", ")
    );
    province::load(app, "inspection-round", &round).await?;
    inspection::draw(app, ctx, ROUND).await?;
    // Notified, then under way.
    for _ in 0..2 {
        let version = registry::get(app, ctx, "inspection-round", ROUND)
            .await?
            .version;
        inspection::advance(app, ctx, ROUND, version, "").await?;
    }
    for (i, item) in items(app, ctx).await?.iter().enumerate() {
        match i % 4 {
            0 if i < 12 => {
                let raised = Raised {
                    summary: "Chưa ghi sổ theo dõi đầy đủ".into(),
                    severity: "medium".into(),
                    action: "Lập sổ, ghi lại từ đầu quý và gửi báo cáo khắc phục".into(),
                    action_owner: "Cán bộ CNTT".into(),
                    due_on: today.last_of_month().to_string(),
                };
                inspection::raise(app, ctx, item.id, item.version, raised).await?;
            }
            1 | 2 => {
                inspection::answer(app, ctx, item.id, item.version, "conforms", "").await?;
            }
            _ => {}
        }
    }
    Ok(())
}

async fn items(app: &App, ctx: &Ctx) -> anyhow::Result<Vec<Record>> {
    let round = registry::get(app, ctx, "inspection-round", ROUND).await?.id;
    let query = RecordQuery {
        filters: vec![("inspection".into(), round.to_string())],
        limit: 1_000,
        ..RecordQuery::default()
    };
    Ok(registry::list(app, ctx, "inspection-item", &query)
        .await?
        .records)
}

/// A draft, a reviewed, a signed and a sent report.
async fn write(app: &App, ctx: &Ctx, units: &[&Unit]) -> anyhow::Result<()> {
    let library = app.library();
    let template = &library.documents["unit-usage-report"];
    let today = app.clock.today().to_string();
    for (state, unit) in units.iter().enumerate() {
        let organization = registry::get(app, ctx, "organization", &unit.code)
            .await?
            .id;
        let begin = Begin {
            template: template.id.clone(),
            organization: OrganizationId(organization),
            period: app.clock.today().year().to_string(),
        };
        let d = document::begin(app, ctx, &begin).await?;
        let id = d.row.id.to_string();
        let texts = template.drafts().map(|draft| {
            let text = if draft.line {
                "12"
            } else {
                "Mạng hoạt động ổn định, đáp ứng yêu cầu công việc."
            };
            (draft.id.clone(), text.to_owned())
        });
        let writing = Writing {
            drafts: texts.collect(),
            ..Writing::default()
        };
        let mut d = document::write(app, ctx, &id, d.row.version, writing).await?;
        if state > 0 {
            d = document::review(app, ctx, &id, d.row.version).await?;
        }
        if state > 1 {
            let mut paper = d.clone();
            paper.row.number = (20 + state).to_string();
            paper.row.signed_on = Some(today.clone());
            paper.row.signer = "Trần Văn Nam".into();
            // What the office would have signed: the text itself, for a demo has no stamp.
            let text = document::text(&document::compose(template, &paper));
            let file = attachment::stage(
                app,
                ctx,
                d.row.organization,
                "bao-cao-da-ky.txt",
                text.into_bytes(),
            )
            .await?;
            let signed = Signed {
                number: paper.row.number,
                signed_on: today.clone(),
                signer: paper.row.signer,
                file,
            };
            d = document::sign(app, ctx, &id, d.row.version, signed).await?;
        }
        if state > 2 {
            document::send(app, ctx, &id, d.row.version, &today).await?;
        }
    }
    Ok(())
}
